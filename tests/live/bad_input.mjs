// Whatever a client sends, the answer is the documented one, and nothing else
// changes: not a file, not the connection of somebody else, not the server.

import { file, fileText, frameCases } from './support/bad_frames.mjs';
import { httpCases } from './support/bad_requests.mjs';
import { ProtocolClient } from './support/protocol_client.mjs';
import { closeCodeIn, frame, RawSocket, rawExchange, statusOf, upgrade } from './support/raw.mjs';
import { withServer } from './support/server.mjs';
import { check, same, suite, until } from './support/suite.mjs';

const frameBytesMax = 8 * 1024 * 1024; // so that nesting is refused for what it is
const answerDeadlineMs = 5_000;

/** A room, its files as they must stay, and somebody else in it. */
async function makeScene(server) {
  const room = await server.createRoom([{ file }, { file: 'other.py', text: 'ø' }]);
  const witness = new ProtocolClient({ url: () => server.url, room, files: [file], name: 'Wit' });
  witness.connect();
  await until('the witness is in', () => witness.isReady(file));
  for (const op of [['Hello '], [6, '😀'], [7, ' you!']]) {
    witness.edit(file, op);
    await until('an ack', () => witness.isSettled(file));
  }
  same(witness.text(file), fileText, 'the text to start with');
  const scene = { server, room, witness, wsUrl: `${server.url.replace('http', 'ws')}/ws/${room}` };
  scene.before = await stateOf(scene);
  return scene;
}

async function stateOf({ server, room, witness }) {
  return JSON.stringify([await server.files(room), await server.text(room, file),
    witness.text(file), witness.files.get(file).rev, witness.errors, witness.chat, witness.closes]);
}

async function nothingElseChanged(scene, what) {
  same(await stateOf(scene), scene.before, `after ${what}`);
}

async function enter(scene) {
  const socket = await RawSocket.open(scene.wsUrl);
  socket.send({ type: 'hello', client: `bad-${Math.random().toString(36).slice(2)}`,
    open: [{ file }] });
  await until('opened', () => socket.take('opened'));
  return socket;
}

/** Sends one bad frame and compares the answer with the table's. Returns what is wrong. */
async function answerTo(scene, { send, error, close, before, quiet }) {
  const socket = before ? await RawSocket.open(scene.wsUrl) : await enter(scene);
  try {
    socket.send(send);
    let answer;
    if (quiet) socket.send({ type: 'open', file });
    await until('an answer', () => {
      if (quiet) return socket.take('opened');
      answer = answer ?? socket.take('error')?.code;
      return close ? socket.closed : answer ?? socket.closed;
    }, answerDeadlineMs).catch(() => {});
    if (quiet) return ''; // may be refused, or made harmless: what others see decides
    if (close) return socket.closed === close ? '' : `close ${socket.closed}, not ${close}`;
    if (![error].flat().includes(answer))
      return `error ${answer}, close ${socket.closed}, not ${error}`;
    // The connection goes on: a good edit is answered, without a change.
    socket.send({ type: 'open', file });
    await until('opened again', () => socket.take('opened'), answerDeadlineMs);
    return '';
  } catch (problem) {
    return problem.message;
  } finally {
    socket.end();
  }
}

/** Every case is tried; those that fail are listed together. */
async function tryAll(scene, cases, attempt) {
  const problems = [];
  for (const one of cases) {
    check(scene.server.isRunning, `the server ended before: ${one.name}`);
    const problem = await attempt(one).catch((error) => error.message);
    if (problem) problems.push(`${one.name}: ${problem}`);
    await nothingElseChanged(scene, one.name).catch((error) => {
      problems.push(error.message);
      return stateOf(scene).then((state) => (scene.before = state));
    });
  }
  check(problems.length === 0, `${problems.length} of ${cases.length}:\n      ${problems.join('\n      ')}`);
  await stillWorks(scene);
  return `${cases.length} cases`;
}

async function stillWorks({ witness }) {
  const { rev } = witness.files.get(file);
  witness.edit(file, ['!']);
  await until('the witness can still edit', () => witness.isSettled(file));
  same(witness.files.get(file).rev, rev + 1, 'the revision');
  same(witness.counts.connects, 1, 'connections of the witness');
  witness.end();
}

async function badFrames(server) {
  const scene = await makeScene(server);
  return tryAll(scene, frameCases, (one) => answerTo(scene, one));
}

// --- below the messages ---------------------------------------------------------

const hello = frame(0x81, Buffer.from('{"type":"hello","client":"raw"}'));

/** `bytes` after a handshake; `close`: the codes that may follow. */
const wireCases = [
  { name: 'a binary frame', bytes: [hello, frame(0x82, Buffer.from('{"type":"close","file":"x"}'))],
    error: 'bad_message' },
  { name: 'a binary frame before hello', bytes: [frame(0x82, Buffer.from('x'))], close: [4400] },
  { name: 'invalid UTF-8', bytes: [hello, frame(0x81, Buffer.from([0x22, 0xff, 0xfe, 0x22]))],
    close: [1007] },
  { name: 'an overlong form', bytes: [hello, frame(0x81, Buffer.from([0x22, 0xc0, 0x80, 0x22]))],
    close: [1007] },
  { name: 'a surrogate in UTF-8', close: [1007],
    bytes: [hello, frame(0x81, Buffer.from([0x22, 0xed, 0xa0, 0x80, 0x22]))] },
  { name: 'a frame not masked', close: [1002],
    bytes: [hello, frame(0x81, Buffer.from('{}'), { masked: false })] },
  { name: 'a reserved opcode', bytes: [hello, frame(0x83, Buffer.from('x'))], close: [1002] },
  { name: 'a reserved bit', bytes: [hello, frame(0xc1, Buffer.from('x'))], close: [1002] },
  { name: 'a long ping', bytes: [hello, frame(0x89, Buffer.alloc(126))], close: [1002] },
  { name: 'a ping in pieces', bytes: [hello, frame(0x09, Buffer.from('x'))], close: [1002] },
  { name: 'a continuation of nothing', bytes: [hello, frame(0x80, Buffer.from('x'))], close: [1002] },
  { name: 'a frame too large', bytes: [hello, frame(0x81, Buffer.alloc(600_000, 'x'))],
    close: [4413] },
  { name: 'too large in pieces', close: [4413],
    bytes: [hello, ...Array.from({ length: 9 }, (_, i) =>
      frame(i ? 0x00 : 0x01, Buffer.alloc(60_000, 'x')))] },
  { name: 'a length of 20 MB', close: [4413, 1009],
    bytes: [hello, frame(0x81, Buffer.from('x'), { claimed: 20_000_000 })] },
  { name: 'a length of 2^62', close: [4413, 1009],
    bytes: [hello, frame(0x81, Buffer.from('x'), { claimed: 2 ** 62 })] },
  { name: 'no hello', bytes: [], close: [4408] },
  { name: 'half a hello', bytes: [hello.subarray(0, 9)], close: [4408] },
  { name: 'no such room', room: 'nowhere', bytes: [hello], close: [4404] },
  { name: 'a room of odd letters', room: '%F0%9F%98%80', bytes: [hello], close: [4404] },
];

async function wireAnswer({ server, room }, { bytes, close, error, room: other }) {
  const answer = await rawExchange(server.port, upgrade(other ?? room),
    { afterwards: Buffer.concat(bytes), until: error && ((said) => said.includes(`"code":"${error}"`)) });
  if (error) return answer.includes(`"code":"${error}"`) ? '' : `no error ${error}`;
  const code = closeCodeIn(answer);
  return close.includes(code) ? '' : `close ${code}, not ${close.join(' or ')}`;
}

async function badWire(server) {
  const scene = await makeScene(server);
  return tryAll(scene, wireCases, (one) => wireAnswer(scene, one));
}

async function tooManyBad(server) {
  const scene = await makeScene(server);
  const socket = await enter(scene);
  for (let i = 0; i < 100; i++) socket.send('{');
  await until('it is closed', () => socket.closed === 4400);
  await nothingElseChanged(scene, 'a hundred bad messages');
  scene.witness.end();
}

async function badRequests(server) {
  const scene = await makeScene(server);
  return tryAll(scene, httpCases(scene.room), async ({ bytes, status, has }) => {
    const answer = await rawExchange(server.port, bytes);
    const got = statusOf(answer);
    if (![status].flat().includes(got)) return `status ${got}, not ${status}`;
    return has && !answer.includes(has) ? `no ${has} in the answer` : '';
  });
}

const settings = { TANDEM_HELLO_TIMEOUT_MS: '3000', TANDEM_CLOSE_TIMEOUT_MS: '300',
  TANDEM_REQUEST_TIMEOUT_MS: '1500' };

await suite('bad input', [
  { name: 'bad messages', deadlineMs: 120_000,
    run: () => withServer({ TANDEM_FRAME_BYTES: String(frameBytesMax) }, badFrames) },
  { name: 'bad frames', run: () => withServer(settings, badWire) },
  { name: 'too many bad messages', run: () => withServer(settings, tooManyBad) },
  { name: 'bad requests', run: () => withServer(settings, badRequests) },
]);
