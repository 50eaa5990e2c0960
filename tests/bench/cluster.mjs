// The parts of tests/bench/cluster, which holds the machine for them:
//
//   node tests/bench/cluster.mjs relay|bytes|cpu --rounds N --seconds S --load BENCH_LOAD
//                                --server-core N --generator-core N

import { execFile } from 'node:child_process';
import { parseArgs } from 'node:util';

import { noLimits } from '../live/support/accounts.mjs';
import { Server } from '../live/support/server.mjs';
import { check, sleep, until } from '../live/support/suite.mjs';
import { WebSocket } from '../live/support/web_modules.mjs';
import { withClusterOn } from '../drills/support/cluster.mjs';
import { quantile } from '../drills/support/load.mjs';
import { withPostgres } from '../drills/support/postgres.mjs';

const { values: given, positionals: [part] } = parseArgs({ allowPositionals: true, options: {
  rounds: { type: 'string' }, seconds: { type: 'string' }, load: { type: 'string' },
  'server-core': { type: 'string' }, 'generator-core': { type: 'string' } } });
const [rounds, seconds] = [Number(given.rounds), Number(given.seconds)];

const file = 'main.py';
const answerDeadlineMs = 10_000;
const joinDeadlineMs = 60_000;
const goal = { relayMs: 0.5, bytes: 1.05, cpu: 1.1 };

const median = (values) => quantile(values, 0.5);

function range(values, digits) {
  const [least, middle, greatest] = [0, 0.5, 1].map((q) => quantile(values, q).toFixed(digits));
  return `${middle} (${least}–${greatest})`;
}

function printGoal(what, figure, limit, unit) {
  console.log(`  ${what.padEnd(46)} ${figure.toFixed(3).padStart(8)} ${unit}  goal ${limit}: ${figure <= limit ? 'met' : 'NOT MET'}`);
}

const loose = { settings: {}, isWatched: false };

// --- one who is in a room ------------------------------------------------------------

let typistsMade = 0;

/** Types at the beginning of the file, one edit at a time; knows revisions, not texts. */
class Typist {
  peers = 0;
  isIn = false;
  #seq = 0;

  constructor(server, room) {
    const socket = new WebSocket(`${server.url.replace('http', 'ws')}/ws/${room}`, 'tandem.v1', { perMessageDeflate: false });
    this.socket = socket;
    const client = `bench-${process.pid}-${++typistsMade}`;
    socket.on('open', () => this.#send({ type: 'hello', client, name: 'bench', open: [{ file }] }));
    socket.on('message', (data) => this.#heard(data));
    socket.on('close', (code) => { this.closed = code; });
    socket.on('error', () => {});
  }

  #send(message) {
    this.socket.send(JSON.stringify(message));
  }

  #heard(data) {
    const at = performance.now();
    const message = JSON.parse(data);
    switch (message.type) {
      case 'welcome': this.peers += message.peers.length; break;
      case 'join': this.peers += 1; break;
      case 'opened': this.rev = message.rev; this.isIn = true; break;
      case 'op': this.rev = message.rev; break;
      case 'ack': this.rev = message.rev; this.answered(at); break;
      case 'error': this.error = message; break;
    }
    if (this.rev >= this.wanted) this.reached();
  }

  /** Until it has a revision. */
  has(rev) {
    return this.#within(`revision ${rev}`, new Promise((done) => {
      if (this.rev >= rev) return done();
      Object.assign(this, { wanted: rev, reached: () => { this.wanted = undefined; done(); } });
    }));
  }

  /** Until its edit is acknowledged: how many milliseconds that took. */
  type(letter) {
    return this.#within('an ack', new Promise((done) => {
      const begin = performance.now();
      this.answered = (at) => done(at - begin);
      this.#send({ type: 'op', file, rev: this.rev, seq: ++this.#seq, op: [letter] });
    }));
  }

  async #within(what, promise) {
    let timer;
    const tooLate = new Promise((_, fail) => {
      timer = setTimeout(() => fail(new Error(`no ${what}: ${JSON.stringify(this.error)}, closed: ${this.closed}`)), answerDeadlineMs);
    });
    try {
      return await Promise.race([promise, tooLate]);
    } finally {
      clearTimeout(timer);
    }
  }

  end() {
    this.socket.terminate();
  }
}

// --- the way through a relay -------------------------------------------------------------

const editsPerSecond = 100; // about; those of a round are `seconds` times as many, on either side
const warmUpEdits = 50;

/** A room with an empty file that `owner` owns. */
function emptyRoom(cluster, owner) {
  return cluster.room(owner, async () => {
    const made = await cluster.nodes.a.createRoom([{ file }]);
    const visitor = new Typist(cluster.nodes.a, made);
    await until('somebody is in', () => visitor.isIn);
    visitor.end();
    return made;
  });
}

/** They take turns in one room: who is on its node, and who is not. */
async function takeTurns(cluster, owner) {
  const room = await emptyRoom(cluster, owner);
  const [relay] = cluster.others(owner);
  const typists = [owner, relay].map((name) => new Typist(cluster.nodes[name], room));
  await until('both are in', () => typists.every(({ isIn }) => isIn));
  const took = [[], []];
  const edits = 2 * (warmUpEdits + editsPerSecond * seconds);
  for (let i = 0, head = typists[0].rev; i < edits; i++) {
    const typist = typists[i % 2];
    await typist.has(head);
    const ms = await typist.type('x');
    head = typist.rev;
    if (i >= 2 * warmUpEdits) took[i % 2].push(ms);
  }
  for (const typist of typists) typist.end();
  return took;
}

async function relay(postgres) {
  const seen = { here: [], there: [], more: [] };
  await withClusterOn(postgres, loose, async (cluster) => {
    for (let round = 1; round <= rounds; round++) {
      const owner = cluster.names[round % cluster.names.length];
      const [here, there] = await takeTurns(cluster, owner);
      seen.here.push(...here);
      seen.there.push(...there);
      seen.more.push(median(there) - median(here));
      console.log(`round ${round}/${rounds}  room on ${owner}: ack p50 ${median(here).toFixed(3)} ms there, `
        + `${median(there).toFixed(3)} ms through another node`);
    }
  });
  for (const [what, values] of [['on the room\'s node', seen.here], ['through another node', seen.there]])
    console.log(`  ${what}: ack p50 ${median(values).toFixed(3)} ms, p99 ${quantile(values, 0.99).toFixed(3)} ms (${values.length} edits)`);
  console.log(`  more, round by round: ${range(seen.more, 3)} ms`);
  printGoal('a relay adds to the ack, p50', median(seen.more), goal.relayMs, 'ms');
}

// --- bytes between nodes ---------------------------------------------------------------------

const pacedEdits = 1_000;
const paceMs = 15; // longer than a broadcast is held back in a room of 200
const fewSockets = 1;
const manySockets = 100;
const sent = 'tandem_node_bytes_sent_total';

/** The bytes that cross between nodes while one on b types into a room on a; `count` are on each of the two. */
async function crossing(cluster, count) {
  const room = await emptyRoom(cluster, 'a');
  const all = ['a', 'b'].flatMap((name) => Array.from({ length: count }, () => new Typist(cluster.nodes[name], room)));
  await until('all have heard of all', () => all.every(({ isIn, peers }) => isIn && peers >= all.length - 1), joinDeadlineMs);
  const writer = all.at(-1);
  const before = await cluster.total(sent);
  const begin = performance.now();
  for (let i = 0; i < pacedEdits; i++) {
    await sleep(Math.max(0, begin + i * paceMs - performance.now()));
    await writer.type(String.fromCharCode(97 + (i % 26)));
  }
  const last = writer.rev;
  await Promise.all(all.map((one) => one.has(last)));
  const bytes = await cluster.total(sent) - before;
  for (const one of all) one.end();
  return { bytes, ms: performance.now() - begin };
}

async function bytes(postgres) {
  const ratios = [];
  for (let round = 1; round <= rounds; round++) {
    const seen = {};
    // A cluster of its own for each: nobody's leaving is counted with the next one's edits.
    for (const count of round % 2 ? [fewSockets, manySockets] : [manySockets, fewSockets])
      seen[count] = await withClusterOn(postgres, loose, (cluster) => crossing(cluster, count));
    const [few, many] = [seen[fewSockets], seen[manySockets]];
    ratios.push(many.bytes / few.bytes);
    console.log(`round ${round}/${rounds}  ${pacedEdits} edits: ${few.bytes} bytes with ${fewSockets} socket on each of two nodes `
      + `(${few.ms.toFixed(0)} ms), ${many.bytes} with ${manySockets} (${many.ms.toFixed(0)} ms)`);
  }
  printGoal(`bytes with ${manySockets} sockets by those with ${fewSockets}`, median(ratios), goal.bytes, '×');
}

// --- CPU beside a server alone ---------------------------------------------------------------

const workloads = {
  dense: ['1 room, 50 clients, all of them write 2,000 ops/s in all', '--clients 50 --writers 50 --rate 2000'],
  pairs: ['20 rooms of 2 clients, all of them write 2,000 ops/s in all', '--rooms 20 --clients 40 --writers 40 --rate 2000'],
};
const on = (core) => ['taskset', '-c', given[core]];
const loadOverheadMs = 120_000;

/** The generator's figures against one server, which must have converged. */
async function load(server, workload, seed) {
  const words = [...on('generator-core'), given.load, '--target', `127.0.0.1:${server.port}`, '--server-pid', `${server.pid}`,
    '--seconds', `${seconds}`, '--warmup', '1', '--seed', `${seed}`, ...workloads[workload][1].split(' ')];
  const line = await new Promise((done, fail) => execFile(words[0], words.slice(1), { timeout: seconds * 1_000 + loadOverheadMs },
    (error, said, why) => (error ? fail(new Error(`bench_load: ${why}${said}`)) : done(said))));
  const seen = JSON.parse(line);
  check(seen.converged === true, line);
  return { perDelivery: seen.cpu_us_per_delivery, perEdit: (seen.cpu_seconds * 1e6) / seen.ops, rate: seen.ops_per_second, p99: seen.p99_ms };
}

async function alone(postgres, workload, seed) {
  const server = await Server.start(noLimits, on('server-core'), postgres.url(postgres.addDatabase()));
  try {
    return await load(server, workload, seed);
  } finally {
    await server.dispose();
  }
}

const allOn = async (cluster, name) => [...(await cluster.rooms()).values()].every(({ node }) => node === name);
const roomsInARow = 5;

/** The other nodes are there and take no rooms: all that the generator makes come to a. */
function inCluster(postgres, workload, seed) {
  const through = { a: on('server-core'), b: on('generator-core'), c: on('generator-core') };
  return withClusterOn(postgres, { ...loose, through }, async (cluster) => {
    for (const name of cluster.others('a')) await cluster.drain(name);
    // Until all nodes have heard of it, a room may still come to another one.
    for (let row = 0; row < roomsInARow;)
      row = (await cluster.ownerOf(await cluster.room())) === 'a' ? row + 1 : 0;
    for (const name of cluster.others('a')) await cluster.drain(name); // of what came before
    const figures = await load(cluster.nodes.a, workload, seed);
    check(await allOn(cluster, 'a'), 'a room came to another node than a');
    return figures;
  });
}

async function cpu(postgres) {
  const kinds = { alone, 'in a cluster': inCluster };
  const seen = Object.fromEntries(Object.keys(workloads).map((workload) => [workload, { alone: [], 'in a cluster': [] }]));
  for (let round = 1; round <= rounds; round++)
    for (const workload of Object.keys(workloads))
      for (const kind of round % 2 ? Object.keys(kinds) : Object.keys(kinds).reverse()) {
        const figures = await kinds[kind](postgres, workload, round);
        seen[workload][kind].push(figures);
        console.log(`round ${round}/${rounds}  ${workload}  ${kind}: ${figures.perEdit.toFixed(2)} µs/edit, `
          + `${figures.perDelivery.toFixed(2)} µs/delivery, ${figures.rate} ops/s, p99 ${figures.p99} ms`);
      }
  for (const [workload, { alone: one, 'in a cluster': other }] of Object.entries(seen)) {
    console.log(`${workload}: ${workloads[workload][0]}`);
    for (const [figure, what] of [['perEdit', 'µs/edit'], ['perDelivery', 'µs/delivery']]) {
      const ratios = one.map((figures, i) => other[i][figure] / figures[figure]);
      console.log(`  ${what}: alone ${range(one.map((it) => it[figure]), 2)}, in a cluster ${range(other.map((it) => it[figure]), 2)}`);
      printGoal(`in a cluster by alone, ${what}`, median(ratios), goal.cpu, '×');
    }
  }
}

const parts = { relay, bytes, cpu };
check(parts[part], 'which part: relay, bytes or cpu?');
console.log(`# ${part}`);
await withPostgres(parts[part]);
process.exit(0);
