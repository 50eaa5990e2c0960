// SIGTERM under load: everybody is told (1001), the process ends in time and with
// 0, what was acknowledged is in the store, and who comes back loses nothing.

import net from 'node:net';

import { LibraryClient, loadLibrary } from './support/library_client.mjs';
import { checkLog } from './support/log_check.mjs';
import { someEdit, someText } from './support/monkey.mjs';
import { ProtocolClient } from './support/protocol_client.mjs';
import { upgrade } from './support/raw.mjs';
import { withServer } from './support/server.mjs';
import { replacement } from './support/text_op.mjs';
import { check, random, same, seed, sleep, suite, until } from './support/suite.mjs';

const files = ['main.py', 'util.py'];
const stopMs = 5_000;
const clientsCount = 8;
const stops = 3;
const bigEdit = 60_000;

async function type(client, choose, isOver) {
  for (let edits = 0; !isOver(); edits++) {
    await sleep(choose.below(10));
    const file = choose.pick(files);
    if (client.files.get(file).rev !== undefined && client.isReady(file))
      client.edit(file, someEdit(choose, client.length(file), `${edits};`));
  }
}

async function enterAll(server, room) {
  const hasLibrary = await loadLibrary();
  const clients = Array.from({ length: clientsCount }, (_, i) => {
    const Client = hasLibrary && i % 2 ? LibraryClient : ProtocolClient;
    return new Client({ url: () => server.url, room, files, name: `${Client.name} ${i}` }).connect();
  });
  await until('everybody is in', () => areAll(clients, 'isReady'));
  return clients;
}

const areAll = (clients, what) =>
  clients.every((client) => files.every((file) => client[what](file)));

async function converged(server, room, clients) {
  await until('everybody has settled', async () => {
    if (!areAll(clients, 'isSettled')) return false;
    for (const { file, rev } of await server.files(room))
      if (!clients.every((client) => client.files.get(file).rev === rev)) return false;
    return true;
  });
  for (const client of clients) same(client.errors, [], `what ${client.name} did not expect`);
  return checkLog(server, room, files, clients);
}

/** Stops the server and says what is wrong with how it ended. */
async function stopProperly(server, signal) {
  const { code, signal: by, ms } = await server.end(signal);
  check(code === 0, `the exit code was ${code}, by signal ${by}`);
  check(ms <= stopMs, `the stop took ${ms} ms`);
  return ms;
}

async function underLoad(server) {
  const room = await server.createRoom(files.map((file) => ({ file })));
  const clients = await enterAll(server, room);
  const choose = random(seed);
  let isOver = false;
  const typing = clients.map((client) => type(client, choose, () => isOver));
  const took = [];
  for (let i = 0; i < stops; i++) {
    await until('everybody is back', () => areAll(clients, 'isReady'));
    await sleep(700);
    for (const client of clients) client.closes.length = 0;
    took.push(await stopProperly(server, i % 2 ? 'SIGINT' : 'SIGTERM'));
    await until('every connection has ended', () => clients.every((client) => client.closes.length));
    for (const client of clients)
      same(client.closes[0].code, 1001, `the close code that ${client.name} got`);
    await server.launch();
  }
  isOver = true;
  await Promise.all(typing);
  const edits = await converged(server, room, clients);
  for (const client of clients) client.end();
  return `${edits} edits, stopped in ${took.join(', ')} ms`;
}

/** Connections that will not go by themselves must not keep the server, or its exit code. */
async function withHangers(server) {
  const room = await server.createRoom(files.map((file) => ({ file })));
  const clients = await enterAll(server, room);
  const [deaf, writer] = clients;
  const [file] = files;
  const sockets = ['', 'GET / HTTP/1.1\r\n', upgrade(room)].map((bytes) => {
    const socket = net.connect(server.port, '127.0.0.1', () => socket.write(bytes));
    socket.on('error', () => {});
    return socket;
  });
  deaf.pause();
  const choose = random(seed);
  for (let i = 0; i < 60; i++) {
    const removed = Math.min(writer.length(file), bigEdit);
    writer.edit(file, replacement(0, removed, someText(choose, bigEdit)));
    await until('an ack', () => writer.isSettled(file));
  }
  const ms = await stopProperly(server, 'SIGTERM');
  deaf.resume();
  await server.launch();
  await until('everybody is back', () => areAll(clients, 'isReady'));
  await converged(server, room, clients);
  for (const client of clients) client.end();
  for (const socket of sockets) socket.destroy();
  return `stopped in ${ms} ms`;
}

await suite('stop', [
  { name: 'SIGTERM and SIGINT under load', run: () => withServer({}, underLoad) },
  { name: 'SIGTERM with connections that hang', run: () => withServer({}, withHangers) },
]);
