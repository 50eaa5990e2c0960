// What the browser does with the room's AI, without a browser: when it asks, what it
// keeps, and what becomes of a change while people write on.

import { beforeEach, describe, expect, it } from 'vitest';
import { CompletionAsker, type Place } from '../src/ai/completion-asker';
import { LineSuggestions, type CaretLine } from '../src/ai/line-suggestions';
import { CarriedProposal } from '../src/ai/proposal';
import { apply, parseOp } from '../src/client/text-op';
import {
  connectRoom, type AiCompletion, type AiFailure, type AiProposal, type Room, type RoomFile,
} from '../src/room';
import { FakeNetwork, type Frame } from './support/fakes';

describe('suggestions of a line', () => {
  const file = {};
  const at = (before: string, after = ''): CaretLine => ({ file, before, after });
  const kept = new LineSuggestions();
  kept.keep(at('x = ', ' # sum'), 'sum(values)');

  const table: [string, CaretLine, { insert: string; covers: number } | undefined][] = [
    ['the same place', at('x = ', ' # sum'), { insert: 'sum(values)', covers: 0 }],
    ['typed on', at('x = su', ' # sum'), { insert: 'm(values)', covers: 0 }],
    ['typed on, with a bracket that the editor closed', at('x = sum(', ') # sum'), { insert: 'values)', covers: 1 }],
    ['typed to the end', at('x = sum(values)', ' # sum'), undefined],
    ['all but what the editor closed', at('x = sum(values', ') # sum'), undefined],
    ['typed something else', at('x = so', ' # sum'), undefined],
    ['one character less', at('x =', ' # sum'), undefined],
    ['something else behind the caret', at('x = ', ''), undefined],
    ['another line', at('y = ', ' # sum'), undefined],
    ['another file', { file: {}, before: 'x = ', after: ' # sum' }, undefined],
  ];
  it.each(table)('%s', (_, where, expected) => expect(kept.find(where)).toEqual(expected));

  it('are kept for the latest twenty places, and forgotten when the AI changes', () => {
    const some = new LineSuggestions();
    for (let i = 0; i <= 20; i++) some.keep(at(`${i}: `), 'x');
    expect([some.find(at('0: ')), some.find(at('1: '))?.insert]).toEqual([undefined, 'x']);
    some.clear();
    expect(some.find(at('1: '))).toBeUndefined();
  });
});

describe('a proposal', () => {
  const text = 'one two three';
  const proposal = (): CarriedProposal => new CarriedProposal(parseOp([4, '2', { d: 3 }]));

  const table: [string, unknown, string | undefined][] = [
    ['text before it', ['>> '], '>> one 2 three'],
    ['text behind it', [13, '!'], 'one 2 three!'],
    ['less text before it', [{ d: 2 }], 'e 2 three'],
    ['text inside of it', [5, 'x'], undefined],
    ['text at its edge', [4, 'x'], undefined],
    ['a part of it removed', [6, { d: 3 }], undefined],
    ['all of it removed', [{ d: 13 }], undefined],
  ];
  it.each(table)('meets %s', (_, edit, expected) => {
    const carried = proposal();
    const op = parseOp(edit);
    carried.edited(op);
    expect(carried.op && apply(apply(text, op), carried.op)).toBe(expected);
  });

  it('waits with later edits for the earlier ones', () => {
    const carried = proposal();
    const [first, second] = [parseOp(['a ']), parseOp(['b '])];
    carried.expectEarlier();
    carried.edited(second);
    carried.earlierWere([first]);
    expect(apply(apply(apply(text, first), second), carried.op!)).toBe('b a one 2 three');
  });
});

// --- with a room ------------------------------------------------------------------

let network: FakeNetwork;
let room: Room;
let file: RoomFile;

const asked = (type: string): Frame[] => network.socket.ofType(type);
const hear = (frame: Frame): void => network.socket.hear(frame);

beforeEach(() => {
  network = new FakeNetwork();
  room = connectRoom(network.options());
  room.connect();
  file = room.open('a.py');
  network.welcome();
  hear({ type: 'opened', file: 'a.py', rev: 3, language: 'python', text: 'hello' });
  hear({ type: 'ai', mode: 'on', provider: 'openai', model: 'm', host: 'h', can: ['complete', 'refactor', 'chat'] });
});

describe('the room', () => {
  it('tells what its AI is', () => {
    expect(room.ai.state).toEqual({
      mode: 'on', provider: 'openai', model: 'm', host: 'h', can: new Set(['complete', 'refactor', 'chat']),
    });
  });

  it('hears of a question until its last word', () => {
    const heard: unknown[] = [];
    room.ai.refactor(file, 3, [0, 5], 'shorter', {
      piece: (text) => heard.push(text),
      answer: ({ op, summary }) => heard.push([apply('hello', op), summary]),
      failed: ({ code }) => heard.push(code),
    });
    expect(asked('refactor')).toMatchObject([{ ask: 1, rev: 3, range: [0, 5], instruction: 'shorter' }]);
    hear({ type: 'thinking', ask: 1, text: 'well' });
    hear({ type: 'proposal', ask: 1, file: 'a.py', rev: 3, op: ['H', { d: 1 }], summary: 'done', provider: 'openai' });
    hear({ type: 'thinking', ask: 1, text: 'too late' });
    expect(heard).toEqual(['well', ['Hello', 'done']]);
  });

  it('takes the newer question of a kind for the only one, and cancels what is taken back', () => {
    const heard: string[] = [];
    const listener = (name: string) => ({ answer: () => heard.push(name), failed: () => heard.push(`${name} failed`) });
    room.ai.complete(file, 3, 1, listener('first'));
    const takeBack = room.ai.complete(file, 3, 2, listener('second'));
    hear({ type: 'completion', ask: 1, file: 'a.py', rev: 3, suggestions: [], words: [], provider: 'local' });
    takeBack();
    hear({ type: 'completion', ask: 2, file: 'a.py', rev: 3, suggestions: [], words: [], provider: 'local' });
    expect(heard).toEqual([]);
    expect(asked('cancel')).toMatchObject([{ ask: 2 }]);
  });

  it('fails what was asked when the connection goes, and what is asked without one', async () => {
    const codes: string[] = [];
    const listener = { answer: () => {}, failed: ({ code }: AiFailure) => void codes.push(code) };
    room.ai.complete(file, 3, 1, listener);
    network.socket.closedBy(1006);
    room.ai.complete(file, 3, 1, listener);
    await Promise.resolve();
    expect(codes).toEqual(['offline', 'offline']);
  });

  it('passes on what the assistant proposes in the chat', () => {
    const heard: AiProposal[] = [];
    room.ai.on('proposal', (proposal) => void heard.push(proposal));
    hear({ type: 'proposal', chat: 7, file: 'a.py', rev: 3, op: ['x'], summary: 's', provider: 'openai' });
    expect(heard).toMatchObject([{ chat: 7, file: 'a.py', rev: 3, summary: 's' }]);
  });

  it('says of an edit that the AI proposed it', () => {
    file.edit(parseOp(['x']), true);
    expect(asked('op')).toMatchObject([{ by_ai: true }]);
  });
});

describe('asking what follows', () => {
  let asker: CompletionAsker;
  let problems: (string | undefined)[];
  let busy: boolean[];

  beforeEach(() => {
    problems = [];
    busy = [];
    asker = new CompletionAsker(
      room.ai, network.clock, (why) => problems.push(why?.message), (isBusy) => busy.push(isBusy),
    );
  });

  const place = (key: string, position: () => number | undefined = () => 2): Place => ({ file, key, position });
  const answer = (ask: number, more: Frame = {}): void => hear({
    type: 'completion', ask, file: 'a.py', rev: 3, provider: 'openai',
    suggestions: [{ insert: 'ghost', replace: [2, 2] }], words: [{ insert: 'word', replace: [0, 2] }], ...more,
  });
  const texts = (said: AiCompletion | undefined) => said && [said.suggestions[0]?.insert, said.words[0]?.insert];

  it('waits for a pause, and asks once for whoever wants to know', async () => {
    const first = asker.ask(place('a'));
    const second = asker.ask(place('a'));
    expect(asked('complete')).toEqual([]);
    network.clock.advance(200);
    expect(asked('complete')).toMatchObject([{ file: 'a.py', rev: 3, position: 2 }]);
    answer(1);
    expect([texts(await first.lines), texts(await second.words)]).toEqual([['ghost', 'word'], ['ghost', 'word']]);
    expect(busy).toEqual([true, false]);
  });

  it('gives the words at once, the lines when the last answer is there', async () => {
    const { words, lines } = asker.ask(place('a'));
    network.clock.advance(200);
    answer(1, { more: true, suggestions: [] });
    expect(texts(await words)).toEqual([undefined, 'word']);
    answer(1);
    expect(texts(await lines)).toEqual(['ghost', 'word']);
  });

  it('ends the older question when there is another place', async () => {
    const first = asker.ask(place('a'));
    network.clock.advance(200);
    asker.ask(place('b'));
    expect(await first.lines).toBeUndefined();
    expect(asked('cancel')).toMatchObject([{ ask: 1 }]);
    network.clock.advance(200);
    expect(asked('complete').length).toBe(2);
  });

  it('asks nothing of a text that the server does not have, and gives up after a while', async () => {
    file.edit(parseOp(['x']));
    const { lines } = asker.ask(place('a'));
    network.clock.advance(1_000);
    expect(asked('complete')).toEqual([]);
    network.clock.advance(1_000);
    expect(await lines).toBeUndefined();
  });

  it('asks nothing about a place that is gone', async () => {
    const { lines } = asker.ask(place('a', () => undefined));
    network.clock.advance(400);
    expect(await lines).toBeUndefined();
    expect(asked('complete')).toEqual([]);
  });

  it('tells of a failing model, and of one that has recovered', async () => {
    asker.ask(place('a'));
    network.clock.advance(200);
    answer(1, { problem: 'no answer in time' });
    asker.ask(place('b'));
    network.clock.advance(400);
    answer(2);
    expect(problems).toEqual(['no answer in time', undefined]);
  });
});
