// The database file is damaged while the server is down: bytes overwritten, or
// the end cut off. The server may refuse to start, or refuse what it cannot
// read; what it does give out is what was written, to the letter, and it does
// not crash.
//
//   --times N: damages (24)

import fs from 'node:fs';
import path from 'node:path';

import { Server, wholeText } from '../live/support/server.mjs';
import { check, options, random, same, seed, suite, until } from '../live/support/suite.mjs';
import { files, Load } from './support/load.mjs';

const times = Number(options.times ?? 24);
const roomsCount = 3;
const typingMs = 1_500;
const damageBytesMax = 64;

/** Every text at some revisions, and every file's history: what there was. */
async function everything(server, rooms) {
  const all = new Map();
  for (const room of rooms)
    for (const file of files) {
      const { rev } = await server.text(room, file);
      for (const at of [0, 1, rev >> 1, rev])
        all.set(`/rooms/${room}/files/${encodeURIComponent(file)}?rev=${at}`, '');
      all.set(`/rooms/${room}/files/${encodeURIComponent(file)}/history`, '');
    }
  for (const route of all.keys()) all.set(route, await wholeText(await server.request(route)));
  return all;
}

async function makeRooms(server) {
  const rooms = [];
  for (let i = 0; i < roomsCount; i++) {
    const load = await Load.start(server);
    await new Promise((done) => setTimeout(done, typingMs));
    await load.settle();
    rooms.push(load.room);
  }
  return everything(server, rooms);
}

/** Returns what was done, to be said if it is not survived. */
function damage(file, choose) {
  const { size } = fs.statSync(file);
  if (choose.chance(0.25)) {
    const left = choose.below(size);
    fs.truncateSync(file, left);
    return `cut off after ${left} of ${size} bytes`;
  }
  const bytes = 1 + choose.below(damageBytesMax);
  const at = choose.below(size - bytes);
  const handle = fs.openSync(file, 'r+');
  fs.writeSync(handle, Buffer.from(Array.from({ length: bytes }, () => choose.below(256))), 0, bytes, at);
  fs.closeSync(handle);
  return `${bytes} bytes overwritten at ${at} of ${size}`;
}

/** What the server makes of it: refused, or how many routes were whole and how many refused. */
async function serveDamaged(server, expected, what) {
  try {
    await server.launch();
  } catch (error) {
    check(/tandem: \S/.test(error.message), () => `${what}: no clear word: ${error.message}`);
    check(!/"signal":"/.test(error.message), () => `${what}: it crashed: ${error.message}`);
    return { started: false };
  }
  let whole = 0;
  let refused = 0;
  for (const [route, text] of expected) {
    const answer = await fetch(server.url + route);
    const got = await wholeText(answer);
    if (answer.ok) same(got, text, `${what}: ${route}`);
    check(answer.ok || [404, 503].includes(answer.status), `${what}: ${route}: ${answer.status}`);
    if (answer.ok) whole += 1;
    else refused += 1;
  }
  check(server.isRunning, `${what}: it crashed`);
  await server.end('SIGKILL');
  return { started: true, whole, refused };
}

async function damaged() {
  const choose = random(seed);
  const server = await Server.start({ TANDEM_SNAPSHOT_OPS: '50', TANDEM_ROOM_IDLE_MS: '50' });
  try {
    const expected = await makeRooms(server);
    await until('the rooms are evicted', async () =>
      (await (await server.request('/metrics')).text()).includes('tandem_rooms_loaded 0'));
    await server.end('SIGTERM');
    const sound = path.join(server.dir, 'sound');
    fs.mkdirSync(sound);
    const kept = fs.readdirSync(server.dir).filter((name) => name.startsWith('tandem.db'));
    for (const name of kept) fs.copyFileSync(path.join(server.dir, name), path.join(sound, name));
    const seen = [];
    for (let i = 0; i < times; i++) {
      for (const name of fs.readdirSync(server.dir)) if (name.startsWith('tandem.db')) fs.rmSync(path.join(server.dir, name));
      for (const name of kept) fs.copyFileSync(path.join(sound, name), path.join(server.dir, name));
      seen.push(await serveDamaged(server, expected, damage(path.join(server.dir, 'tandem.db'), choose)));
    }
    const started = seen.filter((one) => one.started);
    const sum = (what) => started.reduce((all, one) => all + one[what], 0);
    return `${times} damages: ${times - started.length} refused at the start, ${started.length} served: `
      + `${sum('whole')} answers whole, ${sum('refused')} refused, none wrong`;
  } finally {
    await server.dispose();
  }
}

await suite('damage', [
  { name: 'a damaged SQLite file', deadlineMs: 120_000 + times * 5_000, run: damaged },
]);
