// What every live test stands on: cases with a deadline, conditions with a
// deadline, a seeded generator, and an end that leaves no process behind.

import { parseArgs } from 'node:util';

const cleanups = new Set();

/** Runs `action` when the process ends, however it ends. Returns how to forget it. */
export function atEnd(action) {
  cleanups.add(action);
  return () => cleanups.delete(action);
}

process.on('exit', () => {
  for (const action of cleanups) action();
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(130));

export const options = parseArgs({
  strict: false,
  options: {
    seconds: { type: 'string' }, seed: { type: 'string' }, only: { type: 'string' },
    times: { type: 'string' }, rooms: { type: 'string' },
  },
}).values;

export const seed = Number(options.seed ?? process.env.TANDEM_TEST_SEED ?? Date.now() % 1e9);

/** mulberry32: small, seeded, good enough for choosing. */
export function random(seedOfThis) {
  let state = seedOfThis >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  return {
    next,
    below: (n) => Math.floor(next() * n),
    chance: (p) => next() < p,
    pick: (list) => list[Math.floor(next() * list.length)],
  };
}

/** Deadlines are those of a quiet machine; they end what hangs, and a busy one has this many times as long. */
export const patience = 4;

export const sleep = (ms) => new Promise((done) => setTimeout(done, ms));

/** Waits until `condition()` is truthy (it may be async) and returns what it gave. */
export async function until(what, condition, deadlineMs = 15_000) {
  const allowedMs = deadlineMs * patience;
  const end = Date.now() + allowedMs;
  for (let looks = 0; ; looks++) {
    const value = await condition();
    if (value) return value;
    if (Date.now() > end) throw new Error(`not within ${allowedMs} ms: ${describe(what)}`);
    await sleep(looks < 20 ? 1 : 10);
  }
}

const describe = (what) => (typeof what === 'function' ? what() : what);

export class Skip extends Error {}

export function check(condition, what) {
  if (!condition) throw new Error(describe(what));
}

/** Equality of values that JSON can say; long texts are shown where they part. */
export function same(actual, expected, what) {
  const [a, b] = [actual, expected].map((v) => (typeof v === 'string' ? v : JSON.stringify(v)));
  if (a === b) return;
  let at = 0;
  while (a?.[at] !== undefined && a[at] === b?.[at]) at++;
  const around = (text) => JSON.stringify(String(text).slice(Math.max(0, at - 30), at + 60));
  throw new Error(`${describe(what)}: at ${at}: got ${around(a)}, expected ${around(b)}`
    + ` (lengths ${a?.length}, ${b?.length})`);
}

async function runCase({ name, run, deadlineMs = 60_000 }) {
  const begin = Date.now();
  const allowedMs = deadlineMs * patience;
  let timer;
  const tooLate = new Promise((_, fail) => {
    timer = setTimeout(() => fail(new Error(`the case took more than ${allowedMs} ms`)), allowedMs);
  });
  try {
    const note = await Promise.race([run(), tooLate]);
    const took = ((Date.now() - begin) / 1000).toFixed(1);
    console.log(`ok    ${name} (${took} s)${note ? `: ${note}` : ''}`);
    return true;
  } catch (error) {
    if (error instanceof Skip) {
      console.log(`skip  ${name}: ${error.message}`);
      return true;
    }
    console.log(`FAIL  ${name}: ${error.stack}`);
    return false;
  } finally {
    clearTimeout(timer);
  }
}

/** Runs the cases one after the other; the process's exit code says how it went. */
export async function suite(title, cases) {
  console.log(`# ${title}, seed ${seed}`);
  for (const event of ['unhandledRejection', 'uncaughtException']) process.on(event, (error) => {
    console.log(`FAIL  ${title}: ${error?.stack ?? error}`);
    process.exit(1);
  });
  let failed = 0;
  for (const one of cases) {
    if (options.only && !one.name.includes(options.only)) continue;
    if (!(await runCase(one))) failed++;
  }
  process.exit(failed ? 1 : 0);
}
