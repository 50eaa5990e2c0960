// Clients that read too slowly, or not at all, and clients that send too much:
// the server's memory stays bounded, the others hardly notice, nothing is lost.

import net from 'node:net';

import { checkLog } from './support/log_check.mjs';
import { someText } from './support/monkey.mjs';
import { ProtocolClient } from './support/protocol_client.mjs';
import { RawSocket } from './support/raw.mjs';
import { withServer } from './support/server.mjs';
import { check, random, same, seed, sleep, suite, until } from './support/suite.mjs';
import { replacement } from './support/text_op.mjs';

const file = 'main.py';
const growthMax = Number(process.env.TANDEM_TEST_GROWTH_MB ?? 64) * 1024 * 1024;
const latencyMaxMs = 2000; // p99, on a busy machine; a few milliseconds on a quiet one
const chunkChars = 4000;
const opsPerSecond = 2; // so few that the slowest machine is limited
const opsBurst = 5;

const megabytes = (bytes) => (bytes / 1024 / 1024).toFixed(1);

/** Watches the server's memory until it is asked how far it grew. */
function watchMemory(server) {
  const begin = server.rssBytes();
  let most = begin;
  const look = () => {
    if (server.isRunning) most = Math.max(most, server.rssBytes());
  };
  const timer = setInterval(look, 20);
  return () => {
    clearInterval(timer);
    look();
    check(most - begin <= growthMax, `the server grew by ${megabytes(most - begin)} MB`);
    return `${megabytes(most - begin)} MB more`;
  };
}

function quantile(values, q) {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length * q)];
}

async function enterAll(server, room, names) {
  const clients = names.map((name) =>
    new ProtocolClient({ url: () => server.url, room, files: [file], name }).connect());
  await until('everybody is in', () => clients.every((client) => client.isReady(file)));
  return clients;
}

async function convergence(server, room, clients, deadlineMs) {
  await until('everybody has the same text', () =>
    clients.every((client) => client.isSettled(file)
      && client.files.get(file).rev === clients[0].files.get(file).rev), deadlineMs);
  for (const client of clients)
    same(client.errors, [], `what ${client.name} did not expect`);
  return checkLog(server, room, [file], clients);
}

/** One edit after the other, each answered; how long an onlooker waited for each. */
async function writeAndMeasure(writer, onlooker, choose, count) {
  let sentAt = 0;
  const waits = [];
  onlooker.onOp = () => waits.push(performance.now() - sentAt);
  for (let i = 0; i < count; i++) {
    const removed = Math.min(writer.length(file), chunkChars);
    sentAt = performance.now();
    writer.edit(file, replacement(0, removed, someText(choose, chunkChars)));
    const seen = waits.length;
    await until('an edit is acknowledged and seen', () =>
      writer.isSettled(file) && waits.length > seen);
  }
  onlooker.onOp = undefined;
  return waits;
}

async function slowReaders(server) {
  const choose = random(seed);
  const room = await server.createRoom([{ file }]);
  const clients = await enterAll(server, room, ['Wri', 'Onl', 's1', 's2', 's3', 's4', 's5']);
  const [writer, onlooker, ...slow] = clients;
  const memory = watchMemory(server);
  for (const client of slow) client.pause();
  slow[0].edit(file, ['typed while it read nothing; ']);
  await until('that edit has arrived', () => onlooker.files.get(file).rev === 1);
  const waits = await writeAndMeasure(writer, onlooker, choose, 2000);
  slow[1].edit(file, ['typed far behind; ']);
  await sleep(200);
  const grown = memory();
  for (const client of slow) client.resume();
  await convergence(server, room, clients);
  const composed = slow.map((client) => client.counts.composed);
  check(composed.slice(2).every((count) => count > 0), `composed operations: ${composed}`);
  check(clients.every((client) => client.counts.connects === 1), 'a slow reader was thrown out');
  const p99 = quantile(waits, 0.99);
  check(p99 <= latencyMaxMs, `the onlooker waited ${p99} ms (p99)`);
  for (const client of clients) client.end();
  return `${grown}, p50 ${quantile(waits, 0.5).toFixed(1)} ms, p99 ${p99.toFixed(1)} ms,`
    + ` composed ${composed}, rebase ${slow.map((client) => client.counts.rebase)}`;
}

async function rateLimited(server) {
  const edits = 17;
  const room = await server.createRoom([{ file }]);
  const clients = await enterAll(server, room, ['Flo', 'Cal']);
  const [flooder, calm] = clients;
  const waits = [];
  flooder.onWait = (message) => waits.push(message);
  const begin = Date.now();
  for (let i = 0; i < edits; i++) {
    flooder.edit(file, [`${i};`]);
    await until('an edit is acknowledged', () => flooder.isSettled(file));
    if (i % 5 === 0) calm.edit(file, ['calm;']);
  }
  const tookMs = Date.now() - begin;
  await convergence(server, room, clients);
  check(waits.length > 0, 'it was never rate_limited');
  for (const { code, seq, retry_ms: retryMs } of waits)
    check(code === 'rate_limited' && seq > 0 && retryMs > 0 && retryMs < 5000,
      `the answer was ${code}, seq ${seq}, retry_ms ${retryMs}`);
  same(calm.counts.rate_limited, 0, 'the calm client was limited');
  const leastMs = ((edits - opsBurst) / opsPerSecond) * 1000;
  check(tookMs > leastMs * 0.9, `${edits} edits took ${tookMs} ms, not ${leastMs}`);
  for (const client of clients) client.end();
  return `${waits.length} of ${edits} edits had to wait`;
}

/** Sends messages by the thousand without reading what comes back. */
async function deafFlood(server, text, messages) {
  const room = await server.createRoom([{ file, text }]);
  const [calm] = await enterAll(server, room, ['Cal']);
  const socket = await RawSocket.open(`${server.url.replace('http', 'ws')}/ws/${room}`);
  socket.send({ type: 'hello', client: 'deaf', open: [{ file }] });
  await until('opened', () => socket.take('opened'));
  const memory = watchMemory(server);
  socket.socket._socket.pause();
  for (const message of messages) socket.send(message);
  await sleep(1500);
  const begin = performance.now();
  calm.edit(file, ['still here; ']);
  await until('an edit by somebody else', () => calm.isSettled(file));
  const waited = performance.now() - begin;
  const grown = memory();
  check(server.isRunning, 'the server is gone');
  check(waited < 15_000, `somebody else waited ${waited} ms`);
  await checkLog(server, room, [file], [calm]);
  socket.end();
  calm.end();
  return `${grown}, somebody else waited ${waited.toFixed(1)} ms`;
}

/** Many large requests at once, none of them ever whole; somebody else's is answered. */
async function bodies(server) {
  const room = await server.createRoom([{ file }]);
  const grown = watchMemory(server);
  const bodyBytes = 4_000_000;
  const head = `POST /rooms HTTP/1.1\r\nHost: x\r\nContent-Length: ${bodyBytes}\r\n\r\n`;
  const sockets = repeat(200, () => {
    const socket = net.connect(server.port, '127.0.0.1').on('error', () => {});
    socket.answer = '';
    socket.on('data', (bytes) => { socket.answer += bytes; });
    socket.write(head + ' '.repeat(bodyBytes - 1));
    return socket;
  });
  const taken = (socket) => socket.bytesWritten - socket.writableLength > bodyBytes;
  const refused = () => sockets.filter((socket) => /^HTTP\/1.1 503 /.test(socket.answer)).length;
  const places = 8; // of 32 MiB for an address
  await until(() => `the others are refused: ${refused()}`, () => refused() >= sockets.length - places);
  await until('the rest is taken', () => sockets.every((socket) => socket.answer || taken(socket)));
  const [calm] = await enterAll(server, room, ['calm']);
  calm.end();
  for (const socket of sockets) socket.destroy();
  await until('there is place again', async () => {
    const answer = await fetch(`${server.url}/rooms`, { method: 'POST', body: '{}' + ' '.repeat(1 << 20) });
    return answer.status === 201;
  });
  return `${grown()}, ${refused()} of ${sockets.length} refused`;
}

const repeat = (count, make) => Array.from({ length: count }, (_, i) => make(i));
const longText = 'A line of text, and another one. '.repeat(6000); // 200 KB

const deafCases = [
  ['opening a file', longText, repeat(3000, () => ({ type: 'open', file }))],
  ['reporting divergence', longText,
    repeat(3000, () => ({ type: 'diverged', file, rev: 1, length: 1, crc32: 1 }))],
  ['asking for what is not there', 'x',
    repeat(250_000, () => ({ type: 'open', file: `none ${'x'.repeat(100)}` }))],
  ['edits on unknown revisions', 'x',
    repeat(200_000, (i) => ({ type: 'op', file, rev: 99, seq: i + 1, op: ['x'] }))],
  ['chat', 'x', repeat(20_000, (i) => ({ type: 'chat', id: i + 1, text: 'x'.repeat(1000) }))],
  ['selections', 'x', repeat(100_000, () => ({ type: 'cursor', file, rev: 1,
    ranges: repeat(20, () => [0, 1]) }))],
];

await suite('flood', [
  { name: 'slow readers', deadlineMs: 90_000,
    run: () => withServer({ TANDEM_WRITE_TIMEOUT_MS: '600000', TANDEM_IDLE_TIMEOUT_MS: '600000' }, slowReaders) },
  { name: 'too many edits',
    run: () => withServer({ TANDEM_OPS_PER_SECOND: `${opsPerSecond}`, TANDEM_OPS_BURST: `${opsBurst}` }, rateLimited) },
  { name: 'large requests', run: () => withServer({}, bodies) },
  ...deafCases.map(([what, text, messages]) => ({ name: `deaf flood: ${what}`,
    run: () => withServer({}, (server) => deafFlood(server, text, messages)) })),
]);
