// A server with accounts, and people in it: two tenants, an admin of each, and
// whoever a test asks for. Made through the command line and REST.

import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { setCookies } from './node_18.mjs';
import { Server, binary } from './server.mjs';
import { atEnd, check, until } from './suite.mjs';
import { WebSocket } from './web_modules.mjs';

export const noLimits = Object.fromEntries(['REQUESTS', 'JOINS', 'EDITS', 'EDIT_BYTES', 'CHATS', 'ASKS', 'SIGN_INS']
  .flatMap((what) => [[`TANDEM_${what}_PER_ACCOUNT`, 'off'], [`TANDEM_${what}_PER_ADDRESS`, 'off']]));

export const accountSettings = { TANDEM_MODE: 'accounts', TANDEM_SIGN_UP: 'open',
  TANDEM_TOKENS_PER_ACCOUNT: '10000', ...noLimits };

/** `tandem admin …` on a store; what it printed. */
export function tryAdmin(store, ...words) {
  return spawnSync(binary, ['admin', ...words, '--store', store], { encoding: 'utf8' });
}

export function admin(store, ...words) {
  const done = tryAdmin(store, ...words);
  check(done.status === 0, `tandem admin ${words.join(' ')}: ${done.stderr}`);
  return done.stdout;
}

/** One who asks: with a bearer token, a cookie, or nothing. */
export class Person {
  constructor(server, shown = {}) {
    Object.assign(this, { server, shown });
  }

  headers() {
    const { token, cookie, csrf, origin } = this.shown;
    return {
      ...(token && { authorization: `Bearer ${token}` }),
      ...(cookie && { cookie }),
      ...(csrf && { 'tandem-csrf': csrf }),
      ...(origin && { origin }),
    };
  }

  async ask(method, route, body) {
    const answer = await fetch(this.server.url + route, {
      method, headers: this.headers(), redirect: 'manual',
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    const isJson = answer.headers.get('content-type') === 'application/json';
    return { status: answer.status, headers: answer.headers, text, body: isJson && text ? JSON.parse(text) : undefined };
  }

  /** As `ask`, when nothing else than success will do. */
  async must(method, route, body) {
    const answer = await this.ask(method, route, body);
    check(answer.status < 300, `${method} ${route}: ${answer.status} ${answer.text}`);
    return answer.body;
  }

  /** A token for a program of theirs. */
  async program(scopes = allScopes, more = {}) {
    return (await this.must('POST', '/account/tokens', { name: 'test', scopes, ...more })).token;
  }

  /** A WebSocket into a room; `heard` is all that was said, `closed` how it ended. */
  connect(room, { hello = {}, headers = {}, client } = {}) {
    const url = `${this.server.url.replace('http', 'ws')}/ws/${room}`;
    const { token, ...shown } = this.shown;
    const socket = new WebSocket(url, 'tandem.v1', {
      headers: { ...headers, ...(shown.cookie && { cookie: shown.cookie }) },
      ...(shown.origin && { origin: shown.origin }), perMessageDeflate: false,
    });
    const line = { heard: [], closed: undefined, refused: undefined,
      send: (message) => socket.readyState === WebSocket.OPEN && socket.send(JSON.stringify(message)),
      end: () => socket.terminate(),
      find: (type) => line.heard.find((message) => message.type === type),
      next: (fits) => new Promise((done) => { waiting = { fits, done }; }) };
    let waiting;
    socket.on('open', () => line.send({ type: 'hello', name: 'test', token,
      client: client ?? `authority-${Math.random().toString(36).slice(2)}`, ...hello }));
    socket.on('message', (data) => {
      const message = { ...JSON.parse(data), heardAt: performance.now() };
      line.heard.push(message);
      if (waiting?.fits(message)) waiting.done(message);
    });
    socket.on('unexpected-response', (_, answer) => { line.refused = answer.statusCode; });
    socket.on('error', () => {});
    socket.on('close', (code) => { line.closed ??= { code, at: performance.now() }; });
    return line;
  }
}

export const allScopes = ['read', 'write', 'manage', 'account', 'admin'];

/** A server with accounts on a store that has two tenants and an admin of each. */
export class AccountServer {
  #devices = new Map(); // cookies, by login

  /** `server`: one that runs on `store` already, with `accountSettings`. */
  static async start(settings = {}, store = undefined, server = undefined) {
    const made = new AccountServer();
    const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'tandem-accounts-'));
    atEnd(() => fs.rmSync(dir, { recursive: true, force: true }));
    made.store = store ?? `sqlite:${dir}/tandem.db`;
    const passwordOf = (said) => /password: (\S+)/.exec(said)[1];
    const root = passwordOf(admin(made.store, 'add-account', 'root', '--admin'));
    admin(made.store, 'add-tenant', 'other');
    const other = passwordOf(
      admin(made.store, 'add-account', 'other-root', '--admin', '--tenant', 'other'));
    made.server = server ?? await Server.start({ ...accountSettings, ...settings }, [], made.store);
    made.root = await made.signIn('root', root);
    made.otherRoot = await made.signIn('other-root', other);
    return made;
  }

  guest(shown = {}) {
    return new Person(this.server, shown);
  }

  async signIn(login, password) {
    const { token } = await this.guest().must('POST', '/account/sign-in', { login, password, as: 'token' });
    const person = this.guest({ token });
    const account = await person.must('GET', '/account');
    return Object.assign(person, { id: account.id, login, password });
  }

  /** Signed in as a browser is: each login's is known from its second time on, and does not wait for strangers. */
  async browser(login, password) {
    const known = this.#devices.get(login);
    const answer = await this.guest(known && { cookie: known }).ask('POST', '/account/sign-in', { login, password });
    check(answer.status === 200, answer.text);
    const cookies = setCookies(answer).map((one) => one.split(';')[0]);
    const device = cookies.find((one) => one.startsWith('tandem-device=')) ?? known;
    this.#devices.set(login, device);
    const cookie = [...cookies.filter((one) => one !== device), device].join('; ');
    return this.guest({ cookie, csrf: answer.body.csrf, origin: this.server.url });
  }

  /** A new account, signed in. */
  async person(login, by = this.root) {
    const { password } = await by.must('POST', '/tenant/accounts', { login });
    return this.signIn(login, password);
  }

  /** A room of somebody's, with members by role: { viewer: person, … }. */
  async room(owner, members = {}) {
    const { room_id: room } = await owner.must('POST', '/rooms', { files: [{ file: 'a.txt', text: 'abc' }] });
    for (const [role, person] of Object.entries(members))
      await owner.must('POST', `/rooms/${room}/members`, { login: person.login, role });
    return room;
  }

  async end() {
    await this.server.dispose();
  }
}

export async function withAccounts(settings, body) {
  const made = await AccountServer.start(settings);
  try {
    return await body(made);
  } finally {
    await made.end();
  }
}

export async function entered(line) {
  await until(() => `in: ${JSON.stringify(line.closed)}`, () => line.find('welcome'));
  return line;
}
