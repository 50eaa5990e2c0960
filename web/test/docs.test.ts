// The server's description of its API as the page of it reads it, and the
// requests that are made of it.

import { describe, expect, it } from 'vitest';
import { areasOf, messagesOf, type Operation } from '../src/docs/openapi';
import { addressOf, exampleBody, legible, startOf } from '../src/docs/request';

const PATHS = {
  '/rooms': {
    post: {
      summary: 'Make a room',
      'x-need': 'make_room',
      requestBody: { content: { 'application/json': { schema: { properties: { name: { type: 'string' } } } } } },
    },
  },
  '/rooms/{room}/files/{file}': {
    'x-other': { summary: 'no method of ours' },
    get: {
      summary: 'A text',
      'x-accounts-only': true,
      parameters: [
        { name: 'room', in: 'path', required: true, schema: { type: 'string' } },
        { name: 'file', in: 'path', required: true, schema: { type: 'string' } },
        { name: 'rev', in: 'query', schema: { type: 'integer' } },
      ],
    },
  },
  '/healthz': { get: {} },
  '/metrics': { get: {} },
};

function operationAt(path: string): Operation {
  const found = areasOf({ paths: PATHS }).flatMap(({ paths }) => paths).find((group) => group.path === path);
  return found?.operations[0] as Operation;
}

describe('the description', () => {
  it('is grouped by how paths begin, those that stand alone together', () => {
    const areas = areasOf({ paths: PATHS });
    expect(areas.map(({ name, paths }) => [name, paths.map(({ path }) => path)])).toEqual([
      ['Rooms', ['/rooms', '/rooms/{room}/files/{file}']],
      ['Server', ['/healthz', '/metrics']],
    ]);
  });

  it('says what a request takes, and leaves out methods that it cannot send', () => {
    const { method, pathFields, queryFields, body, isOfAccounts } = operationAt('/rooms/{room}/files/{file}');
    expect([method, body, isOfAccounts]).toEqual(['GET', undefined, true]);
    expect(pathFields.map(({ name, isRequired }) => [name, isRequired])).toEqual([['room', true], ['file', true]]);
    expect(queryFields.map(({ name, type, isRequired }) => [name, type, isRequired])).toEqual([['rev', 'integer', false]]);
  });

  it('may be empty, or say less than it could', () => {
    expect(areasOf({})).toEqual([]);
    expect(operationAt('/healthz')).toMatchObject({ summary: '', need: '', pathFields: [], isOfAccounts: false });
    expect(messagesOf({ 'x-websocket-messages': ['hello', 'op'] }).fromClient.map(({ type }) => type)).toEqual(['hello', 'op']);
  });

  it('names the types of what messages carry', () => {
    const schema = {
      properties: { op: { type: 'array', items: {} }, role: { type: 'string', enum: ['viewer', 'editor'] } },
      required: ['op'],
    };
    const { fromServer } = messagesOf({ 'x-websocket-frames': { server: [{ type: 'op', schema }] } });
    expect(fromServer[0]?.fields.map(({ name, type, isRequired }) => [name, type, isRequired])).toEqual([
      ['op', 'list of any', true], ['role', 'viewer | editor', false],
    ]);
  });
});

describe('a request', () => {
  it('has what was filled in, escaped, and no empty query', () => {
    const operation = operationAt('/rooms/{room}/files/{file}');
    expect(addressOf(operation, { room: 'r 1', file: 'src/a&b.py', rev: '' })).toBe('/rooms/r%201/files/src%2Fa%26b.py');
    expect(addressOf(operation, { room: 'r', file: '$&', rev: '1&x=2' })).toBe('/rooms/r/files/%24%26?rev=1%26x%3D2');
  });

  it('begins with a body that has what it must', () => {
    const schema = { properties: { role: { enum: ['viewer', 'editor'] }, n: { type: 'integer' }, rest: {} }, required: ['role', 'n'] };
    const { fromClient } = messagesOf({ 'x-websocket-frames': { client: [{ schema }] } });
    expect(JSON.parse(exampleBody(fromClient[0]?.fields ?? []))).toEqual({ role: 'viewer', n: 0 });
  });
});

describe('an answer', () => {
  it('that is JSON is laid out', () => {
    expect(legible('application/json', '{"a":[1]}')).toBe('{\n  "a": [\n    1\n  ]\n}');
    expect(legible('application/json; charset=utf-8', '{"cut')).toBe('{"cut');
    expect(legible('text/plain', '{"a":1}')).toBe('{"a":1}');
  });

  it('is read as far as it can be shown, characters whole', async () => {
    const pieces = ['añ', 'b😀', 'c'].map((text) => new TextEncoder().encode(text));
    const split = [pieces[0]!.subarray(0, 2), pieces[0]!.subarray(2), ...pieces.slice(1)];
    const answer = (): Response => new Response(new ReadableStream<Uint8Array>({
      start(controller) {
        for (const piece of split) controller.enqueue(piece);
        controller.close();
      },
    }));
    expect(await startOf(answer(), 1000)).toEqual({ text: 'añb😀c', isWhole: true });
    expect(await startOf(answer(), 4)).toEqual({ text: 'añb😀', isWhole: false });
    expect(await startOf(new Response(null), 4)).toEqual({ text: '', isWhole: true });
  });
});
