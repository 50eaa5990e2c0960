// What a session may do besides editing, in the orders that are easily forgotten:
// speaking before it is welcomed, connecting twice, files that are renamed and
// removed while they are edited, a room that goes away.

import { ProtocolClient } from './support/protocol_client.mjs';
import { RawSocket } from './support/raw.mjs';
import { withServer } from './support/server.mjs';
import { check, same, suite, until } from './support/suite.mjs';
import { apply, points, transform } from './support/text_op.mjs';

const file = 'main.py';

async function enter(server, room, client, ...more) {
  const socket = await RawSocket.open(`${server.url.replace('http', 'ws')}/ws/${room}`);
  socket.send({ type: 'hello', client });
  for (const message of more) socket.send(message);
  return socket;
}

/** The room is not loaded yet: what follows hello must wait for it, not get lost. */
async function behindHello(server) {
  const rooms = 20;
  for (let i = 0; i < rooms; i++) {
    const room = await server.createRoom([{ file, text: 'abc' }]);
    const socket = await enter(server, room, 'quick', { type: 'open', file },
      { type: 'chat', id: 1, text: 'hi' }, { type: 'file', do: 'create', file: 'new.py' });
    for (const type of ['opened', 'chat', 'file'])
      await until(`"${type}" in room ${i}, said right behind hello`, () =>
        socket.heard.some((message) => message.type === type));
    socket.end();
  }
}

async function openWith(server, room) {
  const socket = await enter(server, room, 'same');
  await until('welcome', () => socket.take('welcome'));
  socket.send({ type: 'open', file });
  await until('opened', () => socket.take('opened'));
  return socket;
}

async function twice(server) {
  const room = await server.createRoom([{ file, text: 'abc' }]);
  const [first, second] = [await openWith(server, room), await openWith(server, room)];
  first.send({ type: 'op', file, rev: 1, seq: 1, op: ['from the grave'] });
  await until('the first is closed', () => first.closed === 4409);
  second.send({ type: 'op', file, rev: 1, seq: 1, op: ['x'] });
  same((await until('an ack', () => second.take('ack'))).rev, 2, 'the revision');
  same((await server.text(room, file)).text, 'xabc', 'the text');
  second.end();
}

/**
 * A client that comes back takes the text, sends its edit again, then sees that it
 * was acknowledged long ago and sends the next one: both are well answered.
 */
async function againAndNext(server) {
  for (let i = 0; i < 30; i++) await againAndNextOnce(server);
}

async function againAndNextOnce(server) {
  const room = await server.createRoom([{ file, text: 'A' }]);
  const op = (seq, rev) => ({ type: 'op', file, rev, seq, op: [`${seq};`] });
  const first = await openWith(server, room);
  first.send(op(1, 1));
  await until('an ack', () => first.take('ack'));
  first.end();
  const back = await RawSocket.open(`${server.url.replace('http', 'ws')}/ws/${room}`);
  back.send({ type: 'hello', client: 'same', open: [{ file, seq: 1 }] });
  for (const type of ['opened', 'ack']) await until(type, () => back.take(type));
  back.socket._socket.cork(); // in one segment
  for (const one of [op(1, 2), op(2, 2)]) back.send(one);
  back.socket._socket.uncork();
  await until('the next edit is answered', () => back.heard.some(({ seq }) => seq === 2));
  same(back.heard.filter(({ type }) => type === 'error'), [], 'errors');
  same((await server.text(room, file)).text, '2;1;A', 'the text');
  back.end();
}

/** Rule 3 of the grouping rule, with the history that shows why it is there. */
async function beforeComposed(server, base) {
  const room = await server.createRoom([{ file, text: 'A' }]);
  const writer = new ProtocolClient({ url: () => server.url, room, files: [file] }).connect();
  await until('in', () => writer.isReady(file));
  for (const op of [[{ d: 1 }], ['y']]) {
    writer.edit(file, op);
    await until('an ack', () => writer.isSettled(file));
  }
  const late = await RawSocket.open(`${server.url.replace('http', 'ws')}/ws/${room}`);
  late.send({ type: 'hello', client: 'late', open: [{ file, rev: 1 }] });
  const composed = await until('a composed operation', () => late.take('op'));
  same([composed.from, composed.rev], [1, 3], 'what it spans');
  const made = { type: 'op', file, rev: base, seq: 1, op: base === 1 ? [1, '*'] : ['*'] };
  late.send(made);
  const refusal = await until('an answer', () => late.take('error'));
  same([refusal.code, refusal.seq], ['rebase', 1], 'the answer');
  for (const op of [['1'], ['2']]) writer.edit(file, op);
  await until('an ack', () => writer.isSettled(file));
  const head = writer.files.get(file).rev;
  await until('what came since, one by one', () =>
    late.heard.filter((one) => one.type === 'op').pop()?.rev === head);
  check(late.heard.every((one) => one.from === undefined), 'composed before the edit was in');
  const text = points('A');
  let { op } = made;
  for (const one of [composed, ...late.heard.filter(({ type }) => type === 'op')]) {
    apply(text, one.op);
    op = transform(op, one.op, 'left');
  }
  apply(text, op);
  late.send({ ...made, rev: head, op });
  await until('an ack', () => late.take('ack'));
  same((await server.text(room, file)).text, text.join(''), 'the text');
  late.end();
  writer.end();
}

async function filesChange(server) {
  const room = await server.createRoom([{ file, text: 'abc' }, { file: 'gone.py', text: 'x' }]);
  const watch = await enter(server, room, 'watch');
  const ada = await enter(server, room, 'ada');
  for (const socket of [watch, ada]) await until('welcome', () => socket.take('welcome'));
  for (const name of [file, 'gone.py']) {
    ada.send({ type: 'open', file: name });
    await until(`opened ${name}`, () => ada.take('opened'));
  }
  watch.send({ type: 'file', do: 'rename', file, to: 'src/new.cpp' });
  same((await until('renamed', () => ada.take('file'))).language, 'cpp', 'its language');
  ada.send({ type: 'op', file: 'src/new.cpp', rev: 1, seq: 1, op: ['1'] });
  same((await until('an ack', () => ada.take('ack'))).file, 'src/new.cpp', 'the file of the ack');
  ada.send({ type: 'op', file, rev: 2, seq: 2, op: ['2'] });
  check(['stale', 'unknown_file'].includes((await until('an error', () => ada.take('error'))).code),
    'an edit under the old name was not refused');
  ada.send({ type: 'op', file: 'gone.py', rev: 1, seq: 3, op: ['3'] });
  watch.send({ type: 'file', do: 'delete', file: 'gone.py' });
  await until('deleted', () => ada.heard.find((m) => m.type === 'file' && m.do === 'delete'));
  await until('the edit is answered', () => ada.heard.some((message) => message.seq === 3));
  ada.send({ type: 'open', file: 'gone.py' });
  same((await until('an error', () => ada.heard.find((m) => m.type === 'error' && !m.seq))).code,
    'unknown_file', 'the answer to opening it');
  same((await server.text(room, 'src/new.cpp')).text, '1abc', 'the text');
  same((await server.files(room)).map((one) => one.file), ['src/new.cpp'], 'the files');
  watch.send({ type: 'file', do: 'create', file: 'gone.py', text: 'again' });
  await until('created', async () => (await server.files(room)).length === 2);
  same(await server.text(room, 'gone.py'), { text: 'again', rev: 1 }, 'created again');
  for (const socket of [watch, ada]) socket.end();
}

async function roomRemoved(server) {
  const room = await server.createRoom([{ file, text: 'abc' }]);
  const client = new ProtocolClient({ url: () => server.url, room, files: [file] }).connect();
  await until('in', () => client.isReady(file));
  client.edit(file, ['x']);
  await server.request(`/rooms/${room}`, { method: 'DELETE' });
  await until('closed again and again', () => client.closes.length > 1);
  for (const { code } of client.closes) same(code, 4404, 'the close code');
  client.end();
  same((await fetch(`${server.url}/rooms/${room}`)).status, 404, 'the room by REST');
}

async function presence(server) {
  const room = await server.createRoom([{ file, text: 'abc' }]);
  const make = (name) =>
    new ProtocolClient({ url: () => server.url, room, files: [file], name }).connect();
  const [ada, bob] = [make('Ada'), make('Bob')];
  await until('both are in', () => ada.isReady(file) && bob.isReady(file));
  await until('Ada sees Bob', () => [...ada.peers.values()].some(({ name }) => name === 'Bob'));
  for (let i = 0; i < 20; i++) {
    bob.drop();
    await until('Bob is back', () => bob.closes.length === i + 1 && bob.isReady(file));
  }
  await until('Ada sees one Bob', () =>
    [...ada.peers.values()].filter(({ name }) => name === 'Bob').length === 1);
  bob.end();
  await until('Ada sees nobody', () =>
    ![...ada.peers.values()].some(({ name }) => name === 'Bob'));
  ada.end();
}

await suite('sessions', [
  { name: 'messages right behind hello', run: () => withServer({}, behindHello) },
  { name: 'the same client twice', run: () => withServer({}, twice) },
  { name: 'an edit sent again after its ack, and the next', run: () => withServer({}, againAndNext) },
  ...[1, 2].map((base) => ({ name: `an edit on revision ${base} of a composed operation from 1 to 3`,
    run: () => withServer({}, (server) => beforeComposed(server, base)) })),
  { name: 'files renamed, removed, created again', run: () => withServer({}, filesChange) },
  { name: 'a room removed', run: () => withServer({}, roomRemoved) },
  { name: 'presence', run: () => withServer({}, presence) },
]);
