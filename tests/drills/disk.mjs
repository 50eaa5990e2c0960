// The disk fills up under load: the room is read-only within a second, everybody
// is told, and is served again within five seconds of there being space. Nothing
// that was acknowledged is lost.
//
// The disk is a small one in memory; mounting it needs root. Without, skipped.

import { spawnSync } from 'node:child_process';
import crypto from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { withServer } from '../live/support/server.mjs';
import { atEnd, check, Skip, suite, until } from '../live/support/suite.mjs';
import { beside, Load } from './support/load.mjs';
import { Postgres } from './support/postgres.mjs';

const toldWithinMs = 1_000;
const backWithinMs = 5_000;
const backDeadlineMs = 60_000;
const chunkBytes = 64 * 1024;

async function withSmallDisk(megabytes, body) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tandem-disk-'));
  const unmount = () => {
    spawnSync('umount', ['-l', folder]);
    fs.rmSync(folder, { recursive: true, force: true });
  };
  const { status } = spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=755`, 'tmpfs', folder]);
  if (status !== 0) {
    fs.rmdirSync(folder);
    throw new Skip('no disk can be mounted here: that needs root');
  }
  const forget = atEnd(unmount);
  try {
    return await body(folder);
  } finally {
    forget();
    unmount();
  }
}

/** Fills the disk to the last byte; returns how to empty it again. */
function fill(folder) {
  const name = path.join(folder, 'filler');
  const file = fs.openSync(name, 'w');
  for (let chunk = chunkBytes; chunk >= 1; ) {
    try {
      fs.writeSync(file, Buffer.alloc(chunk));
    } catch (error) {
      if (error.code !== 'ENOSPC') throw error;
      chunk >>= 1;
    }
  }
  fs.closeSync(file);
  return () => fs.rmSync(name);
}

const told = (load) => load.clients.every((client) => client.counts.unavailable > 0);

/** `mended`: what else there is to do then, for a store with a server of its own; whether there was. */
async function filledUp(server, folder, { mended = () => false } = {}) {
  const load = await Load.start(server);
  await load.progress();
  const empty = fill(folder);
  const [toldMs, acknowledged] = await tellsEverybody(load, folder);
  await until('nothing is acknowledged any more', async () => {
    const before = load.acknowledged;
    await new Promise((done) => setTimeout(done, 500));
    return load.acknowledged === before;
  });
  empty();
  const backMs = await backAgain(load, mended);
  const edits = await load.settle();
  return `told after ${beside(toldMs, toldWithinMs)}, ${acknowledged} edits into the full disk; `
    + `back ${beside(backMs, backWithinMs)} after there was space; ${edits} edits acknowledged, none lost or doubled`;
}

/** Until an edit is acknowledged; how long that took from when all was mended. */
async function backAgain(load, mended) {
  const before = load.acknowledged;
  let begin = performance.now();
  await until('an edit is acknowledged', async () => {
    if (await mended()) begin = performance.now();
    return load.acknowledged > before;
  }, backDeadlineMs);
  return performance.now() - begin;
}

/** The store has some space of its own to use up; counted from when it is. */
async function tellsEverybody(load, folder) {
  const before = load.acknowledged;
  await useUp(load.server, folder);
  const begin = performance.now();
  await until('everybody is told', () => told(load));
  return [performance.now() - begin, load.acknowledged - before];
}

/** Rooms with ever smaller texts, until the store refuses the smallest. */
async function useUp(server, folder) {
  for (let chars = 400_000; chars >= 1; ) {
    fillAgain(folder);
    try {
      await server.createRoom([{ file: 'large', text: someLetters(chars) }]);
    } catch (error) {
      check(/ 503 /.test(error.message), error.message);
      chars >>= 1;
    }
  }
}

/** Nothing that a store could make smaller. */
const someLetters = (chars) => crypto.randomBytes(chars).toString('base64').slice(0, chars);

/** What was freed meanwhile (by a checkpoint, say) is taken, too. */
function fillAgain(folder) {
  try {
    fs.appendFileSync(path.join(folder, 'filler'), Buffer.alloc(512));
  } catch (error) {
    if (error.code !== 'ENOSPC') throw error;
  }
}

const sqlite = () => withSmallDisk(24, (folder) =>
  withServer({}, (server) => filledUp(server, folder), [], `sqlite:${path.join(folder, 'tandem.db')}`));

// PostgreSQL ends by itself when its log cannot be written, perhaps only when there
// is space again; whoever runs it starts it again.
const postgres = () => withSmallDisk(160, async (folder) => {
  const home = path.join(folder, 'postgres');
  fs.mkdirSync(home);
  const server = await Postgres.start(home, ['-c', 'max_wal_size=48MB', '-c', 'min_wal_size=32MB']);
  try {
    const mended = async () => {
      if (server.isRunning) return false;
      await server.launch();
      return true;
    };
    return await withServer({}, (tandem) => filledUp(tandem, folder, { mended }), [],
      server.url(server.addDatabase()));
  } finally {
    await server.dispose();
  }
});

await suite('disk', [
  { name: 'a full disk under SQLite', deadlineMs: 180_000, run: sqlite },
  { name: 'a full disk under PostgreSQL', deadlineMs: 240_000, run: postgres },
]);
