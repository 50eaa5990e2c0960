// A hundred people ask a model that takes ten seconds, while others type: what the
// edits take beside the same people who do not ask, in turns within one run; then the
// model's server goes while all of them wait; then tandem itself is to stop. And a
// cluster, of which people on all nodes ask about one room.
//
//   node tests/drills/ai.mjs [--times ROUNDS] [--only 'what edits take']
//
// Whoever asks, and the model, are in a process of their own that gives way: what is
// measured is the server.

import { fork } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import { fileURLToPath } from 'node:url';

import { noLimits, Person } from '../live/support/accounts.mjs';
import { Seat, askingModel, isLast } from '../live/support/ai_room.mjs';
import { ModelServer, says, stalls } from '../live/support/model_server.mjs';
import { withServer } from '../live/support/server.mjs';
import { atEnd, check, options, same, sleep, suite, until } from '../live/support/suite.mjs';
import { withCluster } from './support/cluster.mjs';

const rounds = Number(options.times ?? 1);
const askers = 100;
const rooms = 10;
const writers = 4;
const editEveryMs = 15;
const modelMs = 10_000;
const askedWithinMs = 1_000;
const phaseMs = modelMs + 3_000;
const goal = 1.1;
const answeredDeadlineMs = 60_000;
const toldDeadlineMs = 60_000;
const stopDeadlineMs = 20_000; // it is the exit code that says whether it was in time

const file = 'shop.py';
const text = Array.from({ length: 60 }, (_, i) => `def area_${i}(width, height):\n    return width * height * ${i}\n`).join('\n');

const patient = { ...noLimits, TANDEM_ASKS_PER_MINUTE: '100000', TANDEM_ASKS_BURST: '10000',
  TANDEM_AI_REQUESTS_AT_ONCE: '200', TANDEM_AI_SILENCE_TIMEOUT_MS: '60000', TANDEM_AI_COMPLETION_TIMEOUT_MS: '60000' };

// ---- the process that asks ------------------------------------------------------

/** Asks at one place after the other, the next when the last word of the one before is heard. */
async function keepAsking(seat, number, counts, isOver) {
  for (let n = 0; !isOver(); n++) {
    const ask = seat.complete((number * 97 + n * 13) % text.length);
    const last = await until('an answer, or the end', () => isOver() || seat.line.closed || seat.said(ask).find(isLast), 60_000);
    if (isOver() || seat.line.closed) return;
    counts[last.provider === 'openai' ? 'fromModel' : last.problem ? 'local' : 'other']++;
    seat.line.heard.length = 0;
  }
}

async function askHere() {
  os.setPriority(5); // it still has its turns beside another load
  const models = await ModelServer.start();
  let seats = [];
  let isOver = true;
  let asking = [];
  let counts;
  const orders = {
    async sit({ port, rooms: ids }) {
      seats = await Promise.all(Array.from({ length: askers }, (_, i) =>
        Seat.take(new Person({ url: `http://127.0.0.1:${port}` }), ids[i % ids.length], file)));
    },
    /** They are answered after `modelMs`, or never. */
    ask({ isAnswered = true }) {
      models.answers(stalls({ ms: isAnswered ? modelMs : Infinity, then: says('width') }));
      isOver = false;
      counts = { fromModel: 0, local: 0, other: 0 };
      asking = seats.map((seat, i) => keepAsking(seat, i, counts, () => isOver));
    },
    underWay: () => models.underWay.length,
    drop: () => models.dropAll(),
    counts: () => counts,
    async leave() {
      isOver = true;
      await Promise.all(asking);
      seats.forEach((seat) => seat.end());
      await until('nobody is asked any more', () => models.underWay.length === 0);
      models.requests.length = 0;
    },
  };
  process.on('message', async ({ id, order, ...more }) => {
    try {
      process.send({ id, done: (await orders[order](more)) ?? null });
    } catch (error) {
      process.send({ id, failed: error.stack });
    }
  });
  process.on('disconnect', () => process.exit()); // whoever gave the orders has ended, however
  process.send({ url: models.url });
}

/** That process: `tell(order, …)` has something done there. */
class Askers {
  #waiting = new Map();
  #orders = 0;

  static async start() {
    const all = new Askers();
    all.child = fork(fileURLToPath(import.meta.url), { env: { ...process.env, TANDEM_TEST_ASKS: '1' } });
    all.forget = atEnd(() => all.child.kill('SIGKILL'));
    all.url = await new Promise((done) => all.child.once('message', ({ url }) => done(url)));
    all.child.on('message', ({ id, done, failed }) => {
      const [fulfil, reject] = all.#waiting.get(id);
      if (failed) reject(new Error(failed));
      else fulfil(done);
    });
    return all;
  }

  tell(order, more = {}) {
    const id = ++this.#orders;
    return new Promise((...answer) => {
      this.#waiting.set(id, answer);
      this.child.send({ id, order, ...more });
    });
  }

  end() {
    this.child.kill('SIGKILL');
    this.forget();
  }
}

// ---- those who type -------------------------------------------------------------

const quantile = (values, q) => [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) * q)];
const median = (values) => {
  const sorted = [...values].sort((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
};

/** People who type in files of their own, one edit after the other is acknowledged; each is in the log once. */
async function typing(server, room, isOver) {
  const edits = [];
  const one = async (_, number) => {
    const own = `f${number}.txt`;
    const line = new Person(server).connect(room, { hello: { open: [{ file: own }] } });
    await until('opened', () => line.find('opened'));
    let rev = 0;
    for (let seq = 1; !isOver(); seq++) {
      const before = performance.now();
      line.send({ type: 'op', file: own, rev, seq, op: ['x'] });
      const ack = await line.next((message) => message.type === 'ack' && message.seq === seq);
      edits.push({ at: before, ms: ack.heardAt - before });
      same(ack.rev, rev + 1, 'each is one revision');
      rev = ack.rev;
      line.heard.length = 0;
      await sleep(editEveryMs);
    }
    line.end();
    same((await server.text(room, own)).text, 'x'.repeat(rev), 'all of it is there, once');
    same((await server.history(room, own)).length, rev, 'and in the log');
  };
  await Promise.all(Array.from({ length: writers }, one));
  return edits;
}

const makeRooms = (server) => Promise.all(Array.from({ length: rooms }, () => server.createRoom(
  [{ file, text }, ...Array.from({ length: writers }, (_, i) => ({ file: `f${i}.txt` }))])));

/** Runs `body(rooms)` while people type, from when they do; what their edits took. */
async function whileTyping(server, all, body) {
  const ids = await makeRooms(server);
  await all.tell('sit', { port: server.port, rooms: ids });
  let isOver = false;
  const typed = typing(server, ids[0], () => isOver);
  typed.catch(() => {}); // if `body` fails, too, that is what is told
  try {
    await body();
  } finally {
    isOver = true;
  }
  return typed;
}

// ---- the cases ------------------------------------------------------------------

const figures = (edits) => {
  const took = edits.map(({ ms }) => ms);
  return { p50: median(took), p99: quantile(took, 0.99), count: took.length };
};

const cpuMs = (pid) => {
  const [utime, stime] = fs.readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ').slice(11, 13);
  return (Number(utime) + Number(stime)) * 10;
};

/** Until they are; how often, and by whom. */
async function allAnswered(all) {
  let counts;
  await until(() => `all of them are answered: ${JSON.stringify(counts)}`, async () => {
    counts = await all.tell('counts');
    return counts.fromModel >= askers;
  }, answeredDeadlineMs);
  return counts;
}

/** They ask, and none is answered. */
async function untilAllWait(all) {
  await all.tell('ask', { isAnswered: false });
  await until('all of them wait', async () => (await all.tell('underWay')) >= askers);
}

/** `all`: also while they ask, and while all the answers come. `waiting`: between the two. */
async function phase(server, all, asks) {
  let counts;
  let begun;
  let cpu;
  const edits = await whileTyping(server, all, async () => {
    begun = performance.now();
    const cpuBefore = cpuMs(server.pid);
    if (asks) await all.tell('ask');
    await sleep(phaseMs);
    cpu = cpuMs(server.pid) - cpuBefore;
    if (asks) counts = await allAnswered(all);
  });
  await all.tell('leave');
  const isWaiting = ({ at }) => at > begun + askedWithinMs && at < begun + modelMs;
  return { all: figures(edits), waiting: figures(edits.filter(isWaiting)), counts, cpu };
}

const withAskers = async (body) => {
  const all = await Askers.start();
  try {
    return await withServer(askingModel(all.url, patient), (server) => body(server, all));
  } finally {
    all.end();
  }
};

const whatEditsTake = () => withAskers(async (server, all) => {
  const ratios = [];
  const ratioOf = (when, which) => median(ratios.map((one) => one[when][which])).toFixed(2);
  for (let round = 0; round < rounds; round++) {
    const took = {};
    for (const asks of round % 2 ? [true, false] : [false, true]) took[asks] = await phase(server, all, asks);
    const { counts } = took.true;
    same([counts.local, counts.other], [0, 0], 'answers that are not the model\'s');
    ratios.push(Object.fromEntries(['all', 'waiting'].map((when) => [when, Object.fromEntries(['p50', 'p99'].map(
      (which) => [which, took.true[when][which] / took.false[when][which]]))])));
    const shown = ({ p50, p99, count }) => `p50 ${p50.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms (${count} edits)`;
    for (const when of ['waiting', 'all'])
      console.log(`      round ${round + 1}, ${when}: nobody asks ${shown(took.false[when])}; ${askers} ask ${shown(took.true[when])}`);
    console.log(`      round ${round + 1}: the server's processor time: ${took.false.cpu} ms; ${took.true.cpu} ms`);
  }
  return `medians of ${rounds}, asking against not asking: while they wait p50 × ${ratioOf('waiting', 'p50')}, p99 × ${ratioOf('waiting', 'p99')}`
    + ` (goal ${goal}); with the moments in which all ask, and all are answered: p50 × ${ratioOf('all', 'p50')}, p99 × ${ratioOf('all', 'p99')}`;
});

/** Everybody has the local completion instead, and nobody's edit is lost. */
const modelGoes = () => withAskers(async (server, all) => {
  await whileTyping(server, all, async () => {
    await untilAllWait(all);
    await all.tell('drop');
    await until('all of them are told', async () => (await all.tell('counts')).local >= askers, toldDeadlineMs);
    await sleep(500);
  });
  await all.tell('leave');
});

/** Questions under way keep nobody from stopping. */
const tandemStops = () => withAskers(async (server, all) => {
  const ids = await makeRooms(server);
  await all.tell('sit', { port: server.port, rooms: ids });
  await untilAllWait(all);
  const how = await server.end('SIGTERM', stopDeadlineMs);
  same(how.code, 0, 'its exit code');
  await until('nobody is asked any more', async () => (await all.tell('underWay')) === 0);
  return `${how.ms} ms`;
});

// ---- on several nodes -----------------------------------------------------------

const setMode = (node, room, ai) => node.request(`/rooms/${room}`, { method: 'PATCH', body: JSON.stringify({ ai }) });

/** What the mode becomes through one node is told on all; how long that took. */
async function modeIsHeard(cluster, room, seats) {
  const took = [];
  for (const ai of ['off', 'on']) {
    await setMode(cluster.nodes.c, room, ai);
    const begun = performance.now();
    for (const seat of seats) await until(`${ai} is told`, () => seat.ai.mode === ai, toldDeadlineMs);
    took.push(performance.now() - begun);
  }
  return took;
}

/** The model is asked about the text as it is, from whatever node, wherever the room is. */
async function askedFrom(seats, models, word) {
  for (const [i, seat] of seats.entries()) {
    await until('all have the edit', () => seat.read().rev === seats[0].read().rev);
    const last = await seat.answer(seat.complete(word.length + i));
    same([last.provider, last.rev], ['openai', seat.rev], `asked on node ${i}: ${JSON.stringify(last)}`);
    check(models.requests.at(-1).said.includes(word), 'about the text as it is');
  }
}

async function roomMoves(cluster, models, room, owner, seats) {
  models.answers(stalls());
  const asks = seats.map((seat) => seat.refactor([0, 4], 'x'));
  await until('all of them wait', () => models.underWay.length >= seats.length);
  await cluster.move(room, cluster.others(owner)[0]);
  models.answers(says('It is a text.'));
  models.dropAll();
  for (const [i, seat] of seats.entries()) {
    const last = await seat.answer(asks[i]);
    check(['unavailable', 'stale'].includes(last.code), `what was asked on node ${i}: ${JSON.stringify(last)}`);
    const again = await seat.answer(seat.refactor([0, 4], 'x'));
    same([again.type, again.summary], ['proposal', 'It is a text.'], `asked again on node ${i}: ${again.message}`);
  }
}

async function onSeveralNodes() {
  const models = await ModelServer.start();
  const settings = askingModel(models.url, { TANDEM_ASKS_PER_ADDRESS: 'off' });
  const took = [];
  try {
    await withCluster({ settings, isWatched: false }, async (cluster) => {
      for (const owner of cluster.names) {
        models.reset(says('width'));
        const room = await cluster.room(owner);
        const seats = [];
        for (const name of cluster.names) seats.push(await Seat.take(new Person(cluster.nodes[name]), room, 'main.py'));
        const word = `# on ${owner}\n`;
        same((await seats[0].edit([word])).type, 'ack', 'an edit');
        await askedFrom(seats, models, word);
        took.push(...await modeIsHeard(cluster, room, seats));
        await roomMoves(cluster, models, room, owner, seats);
        seats.forEach((seat) => seat.end());
      }
    });
  } finally {
    await models.end();
  }
  return `rooms on each of three nodes, asked about on all; a mode told after at most ${Math.max(...took).toFixed(0)} ms (goal 1,000)`;
}

if (process.env.TANDEM_TEST_ASKS) await askHere();
else
  await suite('AI under load', [
    { name: 'what edits take while a hundred ask', run: whatEditsTake, deadlineMs: rounds * 150_000 + 60_000 },
    { name: 'the model goes while a hundred wait', run: modelGoes },
    { name: 'tandem stops while a hundred wait', run: tandemStops },
    { name: 'on several nodes', run: onSeveralNodes, deadlineMs: 120_000 },
  ]);
