// The client of the accounts' REST API against a server of canned answers.

import { beforeEach, describe, expect, it } from 'vitest';
import { AccountClient } from '../src/account/account-client';
import { forgetRoomInvite, roomInvite, signUpInvite, takeFailedSignIn, type Place } from '../src/account/invite-link';
import { RestError } from '../src/account/rest';

interface Request {
  readonly what: string; // method and path
  readonly csrf: string | undefined;
  readonly body: unknown;
}

type Answer = [status: number, body?: unknown, headers?: Record<string, string>];

const SERVER = { mode: 'accounts', sign_up: 'closed', provider: null };
const ADA = { id: 1, login: 'ada', name: 'Ada', tenant: { name: 'T', role: 'member' }, csrf: 'c1' };

let requests: Request[];
let answers: Record<string, Answer>;
let client: AccountClient;
let signedOut: number;

function fakeFetch(path: unknown, init?: RequestInit): Promise<Response> {
  const what = `${init?.method} ${String(path)}`;
  const headers = init?.headers as Record<string, string>;
  const body: unknown = typeof init?.body === 'string' ? JSON.parse(init.body) : undefined;
  requests.push({ what, csrf: headers['Tandem-CSRF'], body });
  const answer = answers[what];
  if (!answer) return Promise.reject(new TypeError('no network'));
  const [status, content, more] = answer;
  const text = content === undefined ? null : typeof content === 'string' ? content : JSON.stringify(content);
  return Promise.resolve(new Response(text, { status, headers: more ?? {} }));
}

function errorOf(promise: Promise<unknown>): Promise<RestError> {
  return promise.then(
    () => Promise.reject(new Error('it was done')),
    (error: RestError) => error,
  );
}

beforeEach(() => {
  requests = [];
  answers = { 'GET /server': [200, SERVER], 'GET /account': [200, ADA] };
  signedOut = 0;
  client = new AccountClient(fakeFetch as typeof fetch);
  client.onSignedOut(() => void signedOut++);
});

describe('what changes something', () => {
  it('carries the CSRF value, which is asked for once', async () => {
    answers['POST /rooms'] = [201, { room_id: 'r1' }];
    answers['DELETE /rooms/a%2Fb'] = [204];
    expect(await client.createRoom('Parser')).toEqual({ room_id: 'r1' });
    expect(await client.removeRoom('a/b')).toBeUndefined();
    expect(requests.map(({ what, csrf }) => `${what} ${csrf ?? '-'}`)).toEqual([
      'GET /server -', 'GET /account -', 'POST /rooms c1', 'DELETE /rooms/a%2Fb c1',
    ]);
    expect(requests[2]?.body).toEqual({ name: 'Parser' });
  });

  it('is tried once more when the value has become another', async () => {
    await client.account();
    answers['GET /account'] = [200, { ...ADA, csrf: 'c2' }];
    answers['POST /rooms'] = [403, { error: { code: 'forbidden', message: 'no' } }];
    const error = await errorOf(client.createRoom(''));
    expect([error.status, error.code, error.message]).toEqual([403, 'forbidden', 'no']);
    expect(requests.filter(({ what }) => what === 'POST /rooms').map(({ csrf }) => csrf)).toEqual(['c1', 'c2']);
    await errorOf(client.createRoom(''));
    expect(requests.filter(({ what }) => what === 'POST /rooms')).toHaveLength(3);
  });

  it('needs none where there are no accounts', async () => {
    answers = { 'GET /server': [200, { ...SERVER, mode: 'open' }], 'POST /rooms/r1/invites': [201, { token: 't', url: 'u' }] };
    expect(await client.inviteToRoom('r1', { role: 'viewer' })).toEqual({ token: 't', url: 'u' });
    expect(requests.map(({ csrf }) => csrf)).toEqual([undefined, undefined]);
  });

  it('takes the value of whoever has signed in since', async () => {
    answers['POST /account/sign-in'] = [200, { ...ADA, csrf: 'c9' }];
    answers['POST /account/sign-out'] = [204];
    await client.signIn('ada', 'secret');
    await client.signOut();
    expect(requests.map(({ csrf }) => csrf)).toEqual([undefined, 'c9']);
  });
});

describe('a request that is tried out', () => {
  it('is answered by whatever the server says', async () => {
    answers['GET /rooms/r1'] = [404, '{"error": {}}', { 'Content-Type': 'application/json' }];
    const answer = await client.tryOut('GET', '/rooms/r1');
    expect([answer.status, await answer.text()]).toEqual([404, '{"error": {}}']);
    expect(requests.map(({ what, csrf }) => `${what} ${csrf ?? '-'}`)).toEqual(['GET /rooms/r1 -']);
    expect((await errorOf(client.tryOut('GET', '/away'))).code).toBe('no_answer');
  });

  it('carries the CSRF value of who is signed in by then', async () => {
    answers['POST /rooms'] = [201, { room_id: 'r1' }];
    await client.tryOut('POST', '/rooms', '{"name":"x"}');
    answers['GET /account'] = [200, { ...ADA, csrf: 'c2' }];
    await client.tryOut('POST', '/rooms', '{"name":"y"}');
    const sent = requests.filter(({ what }) => what === 'POST /rooms');
    expect(sent.map(({ csrf, body }) => [csrf, body])).toEqual([['c1', { name: 'x' }], ['c2', { name: 'y' }]]);
  });
});

describe('an error', () => {
  it('says when to try again', async () => {
    answers['POST /account/sign-in'] = [429, { error: { code: 'rate_limited', message: '', retry_ms: 4500 } }];
    expect(await errorOf(client.signIn('a', 'b'))).toMatchObject({ status: 429, code: 'rate_limited', retryMs: 4500 });
    answers['POST /account/sign-in'] = [429, undefined, { 'Retry-After': '7' }];
    expect((await errorOf(client.signIn('a', 'b'))).retryMs).toBe(7000);
  });

  it('of a server that is not there or not the right one has a message', async () => {
    const noAnswer = { status: 0, code: 'no_answer', message: 'The server does not answer.' };
    expect(await errorOf(client.signIn('a', 'b'))).toMatchObject(noAnswer);
    answers['GET /account/rooms'] = [502, '<html>'];
    expect(await errorOf(client.ownRooms())).toMatchObject({ status: 502, code: '', message: 'The server answered 502.' });
    answers['GET /account/rooms'] = [200, '<html>'];
    expect(await errorOf(client.ownRooms())).toMatchObject({ code: 'not_json' });
  });
});

describe('who is signed in', () => {
  it('is nobody after a 401', async () => {
    answers['GET /account'] = [401, { error: { code: 'not_authenticated', message: '' } }];
    expect(await client.account()).toBeUndefined();
    expect(signedOut).toBe(0);
    answers['GET /account/rooms'] = [401];
    await errorOf(client.ownRooms());
    expect(signedOut).toBe(1);
  });

  it('stays so when a password that was asked for is wrong', async () => {
    answers['POST /account/password'] = [401, { error: { code: 'not_authenticated', message: 'wrong' } }];
    expect((await errorOf(client.changePassword('x', 'y'))).message).toBe('wrong');
    expect(signedOut).toBe(0);
  });

  it('is not asked for where there are no accounts, or the server is older than they', async () => {
    answers = { 'GET /server': [404, { error: { code: 'not_found', message: '' } }] };
    expect(await client.account()).toBeUndefined();
    expect((await client.server()).mode).toBe('open');
    expect(requests).toHaveLength(1);
  });

  it('is asked for again when the server did not answer', async () => {
    answers = {};
    expect((await errorOf(client.account())).status).toBe(0);
    answers = { 'GET /server': [200, SERVER], 'GET /account': [200, ADA] };
    expect((await client.account())?.name).toBe('Ada');
  });
});

describe('an invitation link', () => {
  let hidden: number;

  function place(hash: string, kept = new Map<string, string>()): Place {
    return {
      hash,
      hideHash: () => void hidden++,
      store: {
        getItem: (key) => kept.get(key) ?? null,
        setItem: (key, value) => void kept.set(key, value),
        removeItem: (key) => void kept.delete(key),
      },
    };
  }

  beforeEach(() => void (hidden = 0));

  it('is taken out of the address bar, and kept for the room', () => {
    const kept = new Map<string, string>();
    expect(roomInvite(place('#invite=a.B-9_x', kept), 'r1')).toBe('a.B-9_x');
    expect(hidden).toBe(1);
    expect(roomInvite(place('', kept), 'r1')).toBe('a.B-9_x');
    expect(roomInvite(place('', kept), 'r2')).toBeUndefined();
    forgetRoomInvite(place('', kept), 'r1');
    expect(roomInvite(place('', kept), 'r1')).toBeUndefined();
    expect(hidden).toBe(1);
  });

  it('that says that a sign-in has failed is none, and is news once', () => {
    expect(takeFailedSignIn(place('#sign-in-failed'))).toBe(true);
    expect(hidden).toBe(1);
    expect([takeFailedSignIn(place('')), takeFailedSignIn(place('#sign-in-failed-again'))]).toEqual([false, false]);
    expect(signUpInvite(place('#sign-in-failed'))).toBeUndefined();
    expect(hidden).toBe(1);
  });

  it('to sign up is another one', () => {
    expect(roomInvite(place('#sign-up=abc'), 'r1')).toBeUndefined();
    expect(signUpInvite(place('#sign-up=abc'))).toBe('abc');
    expect(signUpInvite(place('#sign-up=<b>'))).toBeUndefined();
    expect(hidden).toBe(1);
  });
});
