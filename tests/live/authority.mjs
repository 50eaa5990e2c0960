// The authority matrix: tests/authority has a cell for every REST route and every
// WebSocket message by everybody who might try. Each is tried on a real server.
// What the server serves and the tables do not name fails, and the other way round.

import fs from 'node:fs';

import { AccountServer, Person, allScopes } from './support/accounts.mjs';
import { askingModel, isLast } from './support/ai_room.mjs';
import { ModelServer } from './support/model_server.mjs';
import { check, sleep, suite, until } from './support/suite.mjs';

const file = 'a.txt';
const cells = { tried: 0, wrong: [] };

/** A table's columns and its rows: [name, { column: cell }]. */
function readTable(name) {
  const lines = fs.readFileSync(new URL(`../authority/${name}.txt`, import.meta.url), 'utf8')
    .split('\n').filter((line) => line.trim() !== '' && !line.startsWith('#'));
  const columns = lines.shift().trim().split(/\s+/);
  const rows = lines.map((line) => {
    const words = line.trim().split(/\s+/);
    const marks = words.slice(-columns.length);
    check(marks.length === columns.length, `${name}: ${line}`);
    return [words.slice(0, -columns.length).join(' '),
      Object.fromEntries(columns.map((column, i) => [column, marks[i]]))];
  });
  return { columns, rows };
}

/** Of `POST /x (so)`: the route or type that the line is about. */
const subject = (name) => name.replace(/ \(.*\)$/, '');

const subjects = (rows) => [...new Set(rows.map(([name]) => subject(name)))].sort();

function compare(where, expected, got, detail) {
  cells.tried++;
  if (expected !== got) cells.wrong.push(`${where}: expected ${expected}, got ${got} (${detail})`);
}

function report(noun) {
  const wrong = cells.wrong.splice(0);
  check(wrong.length === 0, () => `${wrong.length} of ${cells.tried}:\n${wrong.join('\n')}`);
  const note = `${cells.tried} cells of ${noun}: 0 unexpected allows, 0 unexpected refusals`;
  cells.tried = 0;
  return note;
}

// --- who tries -----------------------------------------------------------------

async function peopleOf(made) {
  const names = ['viewer', 'comment', 'editor', 'owner', 'strang', 'disabl', 'scratch'];
  const people = {};
  for (const name of names) people[name] = await made.person(name);
  people.othert = await made.person('othert', made.otherRoot);
  people.admin = made.root;
  people.othadm = made.otherRoot;
  // A change of password ends sessions, and leaves programs' tokens.
  for (const person of Object.values(people)) person.shown = { token: await person.program() };
  for (const { login, password } of Object.values(people)) passwords.set(login, password);
  people.lnkothr = people.othert;
  people.anon = made.guest();
  people.garbge = made.guest({ token: 'tdm_nobody-has-ever-had-this' });
  return people;
}

const membersOf = (people) =>
  ({ viewer: people.viewer, commenter: people.comment, editor: people.editor });

/** Whoever shows a token shows a fresh one: some routes end it. */
async function callersOf(made, people, room, room2) {
  const { owner } = people;
  const as = (token) => made.guest({ token });
  const browser = async () => (await made.browser(owner.login, owner.password)).shown;
  const fresh = {
    anon: () => people.anon,
    lnkanon: () => people.anon,
    lnkedit: () => people.anon,
    lnkothr: async () => as(await people.othert.program()),
    garbge: () => people.garbge,
    read: async () => as(await owner.program(['read'])),
    write: async () => as(await owner.program(['read', 'write'])),
    manage: async () => as(await owner.program(['read', 'write', 'manage'])),
    room2: async () => as(await owner.program(allScopes, { room_id: room2 })),
    roomok: async (of = room) => as(await owner.program(allScopes, { room_id: of })),
    nocsrf: async () => made.guest({ ...await browser(), csrf: undefined }),
    forign: async () => made.guest({ ...await browser(), origin: 'https://evil.example.org' }),
  };
  for (const name of ['viewer', 'comment', 'editor', 'owner', 'strang', 'admin', 'othert', 'othadm'])
    fresh[name] = async () => as(await people[name].program());
  const expired = await owner.program(allScopes, { expires_in: 1 });
  const revoked = await owner.program();
  const tokens = await owner.must('GET', '/account/tokens');
  await owner.must('DELETE', `/account/tokens/${Math.max(...tokens.map((one) => one.id))}`);
  const disabled = await people.disabl.program();
  await made.root.must('PATCH', `/tenant/accounts/${people.disabl.id}`, { is_disabled: true });
  await until('the token has ended', async () => (await as(expired).ask('GET', '/account')).status === 401);
  for (const [name, token] of Object.entries({ expird: expired, revokd: revoked, disabl: disabled }))
    fresh[name] = () => as(token);
  fresh.browser = () => made.browser(owner.login, owner.password);
  return fresh;
}

// --- REST ------------------------------------------------------------------------

const passwords = new Map(); // by login

async function sessionOf(made, login) {
  const person = await made.signIn(login, passwords.get(login));
  const { id } = (await person.must('GET', '/account/sessions')).find((one) => one.is_current);
  return { id, person };
}

/** Another's session or token, which nobody ends but its owner. */
const kept = (what, { id, person }) => ({ [what]: id,
  after: async () => check((await person.ask('GET', '/account')).status === 200, `somebody else has ended a ${what}`) });

/** What is asked for: path, body, what has to be there before, and what still after. */
const asked = {
  'POST /account/sign-up': () => ({ body: { login: `new-${cells.tried}`, password: 'long enough' } }),
  'POST /account/sign-in': ({ people }) => ({ body: { login: 'scratch', password: people.scratch.password } }),
  'POST /account/password': ({ caller, people }) => {
    const password = people[caller]?.password ?? people.owner.password;
    return { body: { old: password, new: password } };
  },
  'DELETE /account/sessions/{session}': async ({ made }) => kept('session', await sessionOf(made, 'scratch')),
  'DELETE /account/sessions/{session} (own)': async ({ made, ownAccount }) =>
    ({ session: (await sessionOf(made, ownAccount.login)).id }),
  'DELETE /account/tokens/{token}': async ({ people }) => {
    const made = await people.scratch.must('POST', '/account/tokens', { name: 'x', scopes: ['account'] });
    return kept('token', { id: made.id, person: new Person(people.scratch.server, { token: made.token }) });
  },
  'DELETE /account/tokens/{token} (own)': async ({ ownAccount }) =>
    ({ token: (await ownAccount.must('POST', '/account/tokens', { name: 'x', scopes: ['read'] })).id }),
  'PATCH /account': () => ({ body: { name: 'A name' } }),
  'POST /account/tokens': () => ({ body: { name: 'x', scopes: ['read'] } }),
  'PATCH /rooms/{room}': () => ({ body: { name: 'New name', visibility: 'private' } }),
  'POST /rooms/{room}/files/{file}/restore': () => ({ body: { rev: 0 } }),
  'POST /rooms/{room}/versions': () => ({ body: { name: `v${cells.tried}` } }),
  'POST /rooms/{room}/members': () => ({ body: { login: 'scratch', role: 'viewer' } }),
  'PATCH /rooms/{room}/members/{account}': () => ({ body: { role: 'commenter' } }),
  'POST /rooms/{room}/owner': ({ people }) => ({ body: { account: people.editor.id } }),
  'POST /rooms/{room}/invites': () => ({ body: { role: 'viewer' } }),
  'DELETE /rooms/{room}/invites/{invite}': async ({ people, room }) =>
    ({ invite: (await people.admin.must('POST', `/rooms/${room}/invites`, { role: 'viewer' })).id }),
  'POST /invites/redeem': async ({ people, room }) =>
    ({ body: { token: (await people.admin.must('POST', `/rooms/${room}/invites`, { role: 'viewer' })).token } }),
  'POST /autocomplete': ({ room }) => ({ body: { room_id: room, file, position: 1 } }),
  'POST /autocomplete (a text)': () => ({ body: { text: 'abc', position: 1 } }),
  'POST /refactor': ({ room }) => ({ body: { room_id: room, file, range: [0, 1], instruction: 'x' } }),
  'POST /tenant/accounts': () => ({ body: { login: `by-admin-${cells.tried}` } }),
  'PATCH /tenant/accounts/{account}': ({ people }) => ({ account: people.scratch.id, body: { role: 'member' } }),
  'DELETE /tenant/invites/{invite}': async ({ people }) =>
    ({ invite: (await people.admin.must('POST', '/tenant/invites', {})).id }),
};

const mark = (status) => ({ 401: '1', 403: '3', 404: '4' })[status] ?? (status < 400 ? '.' : String(status));

async function tryRoute(context, route, caller) {
  const { made, people, fresh } = context;
  const room = route.includes('{room}') || ['POST /invites/redeem', 'POST /autocomplete', 'POST /refactor'].includes(route)
    ? await made.room(people.owner, membersOf(people)) : undefined;
  const linkRole = { lnkanon: 'viewer', lnkothr: 'viewer', lnkedit: 'editor' }[caller];
  if (linkRole && room) await people.owner.must('PATCH', `/rooms/${room}`, { visibility: 'link', link_role: linkRole });
  const ownAccount = people[caller]?.login && caller !== 'disabl' ? people[caller] : people.owner;
  const wish = await asked[route]?.({ made, people, room, caller, ownAccount }) ?? {};
  const who = await (caller === 'csrf' ? fresh.browser() : fresh[caller](room));
  const [method, pattern] = subject(route).split(' ');
  const path = pattern
    .replace('{room}', room).replace('{file}', file)
    .replace('{account}', wish.account ?? people.viewer.id)
    .replace('{invite}', wish.invite ?? 0).replace('{session}', wish.session).replace('{token}', wish.token);
  const answer = await who.ask(method, path, method === 'GET' || method === 'DELETE' ? undefined : wish.body ?? {});
  await wish.after?.();
  return { got: mark(answer.status), detail: `${answer.status} ${answer.text.slice(0, 100)}` };
}

async function withPeople(body, store) {
  const models = await ModelServer.start();
  const made = await AccountServer.start(askingModel(models.url), store);
  try {
    const people = await peopleOf(made);
    const room = await made.room(people.owner, membersOf(people));
    const room2 = await made.room(people.owner);
    return await body({ made, people, room, room2, fresh: await callersOf(made, people, room, room2) });
  } finally {
    await made.end();
    await models.end();
  }
}

async function rest(context) {
  const { columns, rows } = readTable('rest');
  const { paths } = await context.made.guest().must('GET', '/openapi.json');
  const served = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`)).sort();
  const named = subjects(rows);
  check(JSON.stringify(served) === JSON.stringify(named), () => 'routes and lines differ: '
    + `${served.filter((one) => !named.includes(one))} | ${named.filter((one) => !served.includes(one))}`);
  for (const [route, expected] of rows)
    for (const caller of columns) {
      const { got, detail } = await tryRoute(context, route, caller);
      compare(`${route} by ${caller}`, expected[caller], got, detail);
    }
  return report('REST');
}

// --- WebSocket -------------------------------------------------------------------

const messages = {
  open: { type: 'open', file },
  close: { type: 'close', file },
  op: { type: 'op', file, rev: 1, seq: 1, op: ['x'] },
  cursor: { type: 'cursor', file, rev: 1, ranges: [[0, 1]] },
  chat: { type: 'chat', id: 7, text: 'hi' },
  diverged: { type: 'diverged', file, rev: 1, length: 3, crc32: 0 },
  file: { type: 'file', do: 'create', file: 'new.txt' },
  complete: { type: 'complete', ask: 1, file, rev: 1, position: 1 },
  refactor: { type: 'refactor', ask: 1, file, rev: 1, range: [0, 1], instruction: 'x' },
  cancel: { type: 'cancel', ask: 1 },
  'op (by_ai)': { type: 'op', file, rev: 1, seq: 1, op: ['x'], by_ai: true },
  'chat (@assistant)': { type: 'chat', id: 7, text: '@assistant hi' },
};

/** How each column comes in: a connection to the room. */
async function entrance(context, column, room) {
  const { made, people, fresh } = context;
  const { owner } = people;
  const invite = async (role, more = {}, of = room) =>
    (await owner.must('POST', `/rooms/${of}/invites`, { role, ...more })).token;
  const guest = made.guest();
  const open = (change) => owner.must('PATCH', `/rooms/${room}`, change);
  const withInvite = async (token, who = guest) => who.connect(room, { hello: { token } });
  const cookie = async (origin) => {
    const browser = await fresh.browser();
    return made.guest({ cookie: browser.shown.cookie, origin }).connect(room);
  };
  switch (column) {
    case 'cookie': return cookie(made.server.url);
    case 'ckfrgn': return cookie('https://evil.example.org');
    case 'ckblnk': return cookie(undefined);
    case 'invite': return withInvite(await invite('editor'));
    case 'invvwr': return withInvite(await invite('viewer'));
    case 'invend': {
      const token = await invite('editor', { expires_in: 1 });
      await sleep(1100);
      return withInvite(token);
    }
    case 'invoth': return withInvite(await invite('editor', {}, context.room2));
    case 'invful': {
      const token = await invite('editor', { uses: 1 });
      const first = await withInvite(token);
      await until('the first is in', () => first.find('welcome'));
      return withInvite(token);
    }
    case 'invmem': {
      const browser = await made.browser('strang', people.strang.password);
      return withInvite(await invite('editor'), made.guest(browser.shown));
    }
    case 'lnkanon': await open({ visibility: 'link', link_role: 'viewer' }); return guest.connect(room);
    case 'lnkothr': await open({ visibility: 'link', link_role: 'viewer' }); return (await fresh.othert()).connect(room);
    case 'tenstr': await open({ visibility: 'tenant', link_role: 'commenter' }); return (await fresh.strang()).connect(room);
    case 'locked': await open({ is_locked: true }); return (await fresh.editor()).connect(room);
    case 'lckown': await open({ is_locked: true }); return (await fresh.owner()).connect(room);
    default: return (await fresh[column](room)).connect(room);
  }
}

async function comeIn(context, column) {
  const room = await context.made.room(context.people.owner, membersOf(context.people));
  const line = await entrance(context, column, room);
  await until(`an answer for ${column}`, () => line.find('welcome') || line.closed || line.refused);
  return { line, room };
}

const markOfEntry = (line) => line.find('welcome') ? '.'
  : ({ 4401: '1', 4403: '3', 4404: '4' })[line.closed?.code] ?? (line.refused === 403 ? '3' : `${line.closed?.code}`);

/** The room's owner is there, too: to see what happens, and to make something happen. */
async function witnessOf({ people }, room) {
  const witness = people.owner.connect(room, { hello: { open: [{ file }] } });
  await until('a witness', () => witness.find('opened'));
  let barriers = 0;
  /** Whatever was said before in the room has been heard by then. */
  witness.hearsAll = async () => {
    const text = `barrier ${++barriers}`;
    witness.send({ type: 'chat', id: 1000 + barriers, text });
    await until('the barrier', () => witness.heard.some((one) => one.type === 'chat' && one.text === text));
    return text;
  };
  return witness;
}

const saidBy = (line) => (one) => one.site === line.find('welcome').site || one.by === line.find('welcome').site;

/** What is there when it was done, and is not when it was refused. `line`: of who says it. */
const effects = {
  open: ({ line }) => line.find('opened') !== undefined,
  close: async ({ line, witness }) => { // what is typed then does not reach it
    witness.send({ type: 'op', file, rev: 1, seq: 1, op: ['w'] });
    await until('typed', () => witness.find('ack'));
    const text = await witness.hearsAll();
    await until('what comes after it', () => line.heard.some((one) => one.text === text));
    return line.find('op') === undefined;
  },
  op: async ({ people, room, line, witness }) => {
    const { text } = await people.owner.ask('GET', `/rooms/${room}/files/${file}`);
    check(text === 'xabc' || text === 'abc', text);
    check((text === 'xabc') === witness.heard.some((one) => one.type === 'op') && (text === 'xabc') === (line.find('ack') !== undefined),
      `acknowledged, stored and told: all or nothing: ${text}`);
    return text === 'xabc';
  },
  cursor: ({ line, witness }) => witness.heard.some((one) => one.type === 'cursor' && saidBy(line)(one)),
  chat: ({ witness }) => witness.heard.some((one) => one.type === 'chat' && one.text === 'hi'),
  'chat (@assistant)': ({ witness }) => // what is said to it is said by whoever may chat
    witness.heard.some((one) => one.type === 'chat' && one.name === 'Assistant'),
  diverged: ({ made, room }) => made.server.log.includes(`a client diverged in room ${room}`),
  file: async ({ people, room, witness }) => {
    const { body } = await people.owner.ask('GET', `/rooms/${room}/files`);
    const isThere = body.some((one) => one.file === 'new.txt');
    check(isThere === witness.heard.some((one) => one.type === 'file' && one.file === 'new.txt'), 'stored and told, or neither');
    return isThere;
  },
  complete: ({ line }) => line.heard.some((one) => one.ask === 1 && one.type !== 'error'),
  refactor: ({ line }) => line.heard.some((one) => one.ask === 1 && one.type !== 'error'),
};
effects['op (by_ai)'] = effects.op;

/** There is nothing to see of it: it takes back what its own connection has asked for. */
const withoutEffect = ['cancel'];

/** Each kind has its own answer that says that it was taken up, for those that are done a moment later. */
const isTakenUp = {
  op: ({ line }) => line.find('ack'),
  'op (by_ai)': ({ line }) => line.find('ack'),
  complete: ({ line }) => line.heard.some((one) => one.ask === 1 && isLast(one)),
  refactor: ({ line }) => line.heard.some((one) => one.ask === 1 && isLast(one)),
  'chat (@assistant)': effects['chat (@assistant)'],
  open: effects.open,
  cursor: effects.cursor,
  diverged: effects.diverged,
  file: ({ witness }) => witness.find('file'),
};

/** The messages come in order: what a second hello is answered tells that all are dealt with. */
async function trySaying(context, column, type) {
  const { line, room } = await comeIn(context, column);
  const witness = await witnessOf(context, room);
  if (type !== 'open') {
    line.send(messages.open);
    await until('the file is open', () => line.find('opened'));
  }
  const before = line.heard.length;
  line.send(messages[type]);
  line.send({ type: 'hello', client: 'again' });
  await until('the end', () => line.heard.slice(before).some((one) => one.type === 'error' && one.code === 'bad_message'));
  // What goes by way of the room is refused when the room has answered: behind the end.
  const errors = () => line.heard.slice(before).filter((one) => one.type === 'error' && one.code !== 'bad_message');
  const scene = { ...context, line, witness, room };
  if (isTakenUp[type])
    await until(() => `${type} by ${column}: ${JSON.stringify(line.heard.slice(before))}`,
      () => errors().length > 0 || isTakenUp[type](scene));
  await witness.hearsAll();
  const [error] = errors();
  const answer = !error ? '.' : error.code === 'forbidden' ? 'f' : error.code;
  const isDone = withoutEffect.includes(type) ? answer === '.' : await effects[type](scene);
  line.end();
  witness.end();
  const note = isDone === (answer === '.') ? '' : isDone ? ', but it is done' : ', but it is not done';
  return { got: answer + note, detail: JSON.stringify(errors()) };
}

async function websocket(context) {
  const { columns, rows } = readTable('websocket');
  const openapi = await context.made.guest().must('GET', '/openapi.json');
  const served = [...openapi['x-websocket-messages']].sort();
  const named = subjects(rows);
  check(JSON.stringify(served) === JSON.stringify(named), `messages and lines differ: ${served} | ${named}`);
  for (const [type, expected] of rows)
    for (const column of columns) {
      if (expected[column] === '-') continue;
      if (type === 'hello') {
        const { line } = await comeIn(context, column);
        compare(`hello by ${column}`, expected[column], markOfEntry(line), JSON.stringify(line.closed));
        line.end();
        continue;
      }
      const { got, detail } = await trySaying(context, column, type);
      compare(`${type} by ${column}`, expected[column], got, detail);
    }
  return report('WebSocket');
}

await suite('authority', [
  { name: 'REST routes by everybody', run: () => withPeople(rest), deadlineMs: 180_000 },
  { name: 'WebSocket messages by everybody', run: () => withPeople(websocket), deadlineMs: 120_000 },
]);
