// Three nodes with one PostgreSQL, people on all of them, and whatever may happen
// to a node, to the network between them, to PostgreSQL and to a clock; what
// operators do; and what people must hear through another node. In the end every
// node gives out the same, with every acknowledged edit in it once, and no row of
// the log was written by a former owner.
//
//   --times N: owners killed (5); everything else is done a fraction as often
//   --rooms N: rooms in which people type (4); three people in each, one on each node

import { AccountServer, accountSettings, admin } from '../live/support/accounts.mjs';
import { checkLog } from '../live/support/log_check.mjs';
import { ProtocolClient } from '../live/support/protocol_client.mjs';
import { withServer } from '../live/support/server.mjs';
import { check, options, random, same, seed, sleep, suite, until } from '../live/support/suite.mjs';
import { people, rightsGone, saidAndHeard } from './support/across_nodes.mjs';
import { Certificates } from './support/certificates.mjs';
import { leaseMs, withCluster } from './support/cluster.mjs';
import { EpochWitness } from './support/epoch_witness.mjs';
import { FakeClock } from './support/fake_clock.mjs';
import { Fleet } from './support/fleet.mjs';
import { beside, figures, files, Load, most, quantile } from './support/load.mjs';
import { withPostgres } from './support/postgres.mjs';

const times = Number(options.times ?? 5);
const roomCount = Number(options.rooms ?? 4);
const share = (part) => Math.max(1, Math.ceil(times / part));
const anywhere = Array(roomCount).fill(undefined);

const stopMs = 2 * leaseMs;
const cutMs = leaseMs + 2_000;
const watchMs = leaseMs + 2_000;
const longOutageMs = leaseMs + 2_000;
const stopExtraTries = 5;
const shortWaitMs = 4_000; // a room_wait_ms
const sentAwayDeadlineMs = 60_000;
const strangerMs = 3_000; // for a link that must not come about
const endDeadlineMs = 20_000;
const refusalDeadlineMs = 10_000;

// Where nobody may take a room: no commit that a busy machine holds up is to end a lease.
const longLeaseMs = 9_000;
const longLease = { TANDEM_LEASE_MS: `${longLeaseMs}` };
const keptMs = longLeaseMs + 2_000; // long enough for it to end if it were to

const fenced = 'tandem_fenced_writes_total';

const goal = { stallP50: 1_000, stallP99: 3_000, takeover: leaseMs + 1_000, back: 2_000, silence: 1_000, told: 1_000,
  sentAway: shortWaitMs + 6_000 };

// --- a: the owner is killed --------------------------------------------------------

async function killOnce(cluster, fleet, choose, stalls) {
  const homes = await fleet.homes();
  const victim = homes.get(choose.pick(fleet.loads).room).node;
  const isItsRoom = (room) => homes.get(room).node === victim;
  const groups = {
    left: fleet.where((room, at) => at !== victim && isItsRoom(room)),
    out: fleet.where((_, at) => at === victim),
    apart: fleet.where((room, at) => at !== victim && !isItsRoom(room)),
  };
  const watch = fleet.watch();
  await cluster.kill(victim);
  for (const [group, clients] of Object.entries(groups)) stalls[group].push(...await watch.goOn(clients));
  check(watch.moved().every((client) => groups.out.includes(client)),
    () => `a socket on a node that lives was closed: ${watch.moved().map(({ name, way }) => `${name} ${way.visited}`)}`);
  await cluster.restart(victim);
  await fleet.goHome();
}

async function killed(cluster) {
  const choose = random(seed);
  const fleet = await Fleet.start(cluster, { owners: anywhere });
  const stalls = { left: [], out: [], apart: [] };
  for (let i = 0; i < times; i++) {
    await sleep(choose.below(500));
    await killOnce(cluster, fleet, choose, stalls);
  }
  const said = await fleet.settle();
  return `${times} owners killed; ${said}; sockets elsewhere stayed open, `
    + `${fleet.count('unavailable')} × unavailable. From the kill to the next ack: in its rooms, `
    + `on other nodes ${figures(stalls.left)}: p50 ${beside(quantile(stalls.left, 0.5), goal.stallP50)}, `
    + `p99 ${beside(quantile(stalls.left, 0.99), goal.stallP99)}; those who were on it ${figures(stalls.out)}; `
    + `in other rooms ${figures(stalls.apart)}`;
}

// --- b: the owner stands still, and goes on ------------------------------------------

/** An append, by its statement's name. */
const append = /append_group/;

/**
 * `isHolding`: an append of its is on its way to PostgreSQL all the time, and gets
 * there when the rooms are somebody else's.
 */
async function stopOnce(cluster, fleet, isHolding) {
  const homes = await fleet.homes();
  const { node: victim } = homes.get(fleet.loads[0].room);
  if (isHolding) {
    cluster.block(victim, 'database');
    await until('an append is held', () => cluster.isHeld(append));
  }
  const watch = fleet.watch();
  cluster.nodes[victim].signal('SIGSTOP');
  try {
    const took = await watch.goOn(fleet.where((_, at) => at !== victim));
    await sleep(Math.max(0, stopMs - (performance.now() - watch.begin)));
    return took;
  } finally {
    cluster.nodes[victim].signal('SIGCONT');
    cluster.heal();
  }
}

/** A write of a former owner's is refused that was not before. */
const refusal = (cluster, before = 0) =>
  until('a write of a former owner is refused', async () => await cluster.total(fenced) > before, refusalDeadlineMs);

async function stopped(cluster) {
  const fleet = await Fleet.start(cluster, { owners: ['a', 'a', 'b'] });
  const [took, back] = [[], []];
  let refused = 0;
  let done = 0;
  // The fence must be seen to hold: until it was put to the test, once more.
  for (; done < 2 * share(5) || (refused === 0 && done < 2 * share(5) + stopExtraTries); done++) {
    const isHolding = done % 2 === 0;
    took.push(...await stopOnce(cluster, fleet, isHolding));
    back.push(...await fleet.watch().goOn());
    if (isHolding) await refusal(cluster).catch(() => {}); // there may have been none
    refused = await cluster.total(fenced);
    await fleet.goHome();
  }
  check(refused > 0, 'no write of a former owner was tried: the fence was not put to the test');
  const said = await fleet.settle();
  return `${done} stops of ${stopMs} ms; ${said}. On other nodes everybody went on after ${figures(took)}: `
    + `max ${beside(most(took), goal.takeover)}; all of them after it woke up: ${figures(back)}`;
}

/**
 * The fence alone: a file that nobody else touches, so that nothing but the epoch is wrong with a
 * write that comes too late.
 */
async function writeTooLate(cluster, isStopped) {
  const room = await cluster.room('a');
  const both = ['a', 'b'].map((name) =>
    new ProtocolClient({ url: () => cluster.nodes[name].url, room, files, name: `on ${name}` }).connect());
  const [late, other] = both;
  const [own, others] = files;
  await until('both are in', () => both.every((one) => files.every((file) => one.isReady(file))));
  cluster.block('a', 'database');
  late.edit(own, ['too late']);
  await until('an append is held', () => cluster.isHeld(append));
  if (isStopped) cluster.nodes.a.signal('SIGSTOP');
  try {
    other.edit(others, ['meanwhile']);
    await until('the other goes on', () => other.isSettled(others), 4 * leaseMs);
  } finally {
    if (isStopped) cluster.nodes.a.signal('SIGCONT');
    cluster.heal();
  }
  await until('both have all', () => both.every((one) => files.every((file) => one.isSettled(file)
    && one.text(file) === late.text(file))), endDeadlineMs);
  for (const server of cluster.servers) await checkLog(server, room, files, both);
  for (const one of both) {
    same(one.errors, [], `what the one ${one.name} did not expect`);
    one.end();
  }
}

async function tooLate(cluster) {
  for (let i = 0; i < 2 * share(5); i++) {
    const before = await cluster.total(fenced);
    await writeTooLate(cluster, i % 2 === 0);
    await refusal(cluster, before);
    cluster.witness.verify();
  }
  return `${2 * share(5)} writes of a former owner that only their epoch spoke against: refused, and in the log once`;
}

// --- c: the network is cut -------------------------------------------------------------

/**
 * Each: what is done to `one`, the owner of a room, or to `other`, who relays it,
 * and who must not go on meanwhile: by whose node a room is, and on which they are.
 */
const betweenNodes = ({ one, other }, owner, at) => [one, other].includes(owner) && [one, other].includes(at) && owner !== at;
const nodeCuts = [
  ['two nodes, both ways', (cluster, { one, other }) => cluster.cut(one, other), betweenNodes],
  ['owner to node', (cluster, { one, other }) => cluster.block(one, other), betweenNodes],
  ['node to owner', (cluster, { one, other }) => cluster.block(other, one), betweenNodes],
  ['two nodes, refused', (cluster, { one, other }) => cluster.cut(one, other, 'refused'), betweenNodes],
];
const databaseCuts = [
  ['owner and PostgreSQL', (cluster, { one }) => cluster.cut(one, 'database'), ({ one }, _, at) => at === one],
  ['owner and PostgreSQL, refused', (cluster, { one }) => cluster.cut(one, 'database', 'refused'), ({ one }, _, at) => at === one],
  ['PostgreSQL\'s answers to the owner lost', (cluster, { one }) => cluster.block('database', one, 'lost'), ({ one }, _, at) => at === one],
  ['node and PostgreSQL', (cluster, { other }) => cluster.cut(other, 'database'), ({ other }, _, at) => at === other],
];

async function cutOnce(cluster, fleet, choose, [name, cut, isHarmed]) {
  const homes = await fleet.homes();
  const one = homes.get(choose.pick(fleet.loads).room).node;
  const pair = { one, other: choose.pick(cluster.others(one)) };
  const unharmed = fleet.where((room, at) => !isHarmed(pair, homes.get(room).node, at));
  const watch = fleet.watch();
  cut(cluster, pair);
  let during;
  try {
    during = await watch.goOn(unharmed);
    await sleep(Math.max(0, cutMs - (performance.now() - watch.begin)));
  } finally {
    cluster.heal();
  }
  const back = await fleet.watch().goOn();
  await fleet.goHome();
  return `${name}: the others' next ack after ${beside(most(during), goal.takeover)} at most, `
    + `everybody's after ${most(back).toFixed(0)} ms once healed`;
}

const cutOff = (cuts) => async (cluster) => {
  const choose = random(seed);
  const fleet = await Fleet.start(cluster, { owners: ['a', 'b', 'c'] });
  const said = [];
  for (let i = 0; i < share(5); i++)
    for (const cut of cuts) said.push(await cutOnce(cluster, fleet, choose, cut));
  return `${said.length} cuts of ${cutMs} ms; ${await fleet.settle()}${said.map((one) => `\n        ${one}`).join('')}`;
};

/**
 * Both nodes beat all the time, so nobody may take the room: who is on the other waits, and is sent
 * away when the wait is over, also who only reads.
 */
async function cutForLong(cluster) {
  const room = await cluster.room('a');
  const [here, typist, reader] = ['a', 'b', 'b'].map((at, i) =>
    new ProtocolClient({ url: () => cluster.nodes[at].url, room, files, name: `${i} on ${at}` }).connect());
  const all = [here, typist, reader];
  await until('all are in', () => all.every((one) => files.every((file) => one.isReady(file))));
  cluster.cut('a', 'b');
  typist.edit(files[0], ['into nothing']);
  const begin = performance.now();
  await until('who is cut off is sent away', () => [typist, reader].every(({ closes }) => closes.length > 0), sentAwayDeadlineMs);
  const tookMs = performance.now() - begin;
  for (const { closes } of [typist, reader]) same(closes[0].code, 1013, 'the close code');
  here.edit(files[0], ['who is with the room']);
  await until('the others go on', () => here.isSettled(files[0]));
  await sleep(Math.max(shortWaitMs, keptMs - tookMs));
  cluster.heal();
  await until('all have all', () => all.every((one) => files.every((file) => one.isReady(file)
    && one.isSettled(file) && one.text(file) === here.text(file))), endDeadlineMs);
  check(here.text(files[0]).includes('into nothing'), 'what was typed meanwhile is lost');
  same(here.closes.length, 0, 'closes of the one who is with the room');
  for (const one of all) one.end();
  return `a room_wait_ms of ${shortWaitMs}: who was cut off was sent away with 1013 ${beside(tookMs, goal.sentAway)} after the cut, `
    + 'and came back when it was over';
}

/** Nobody else reaches a node, and nobody refuses for it: it beats, so it keeps its rooms. */
async function silenceOnce(cluster, fleet, one) {
  const homes = await fleet.homes();
  const before = await epochSum(fleet);
  const watch = fleet.watch();
  let during;
  try {
    await cluster.silence(one);
    during = await watch.goOn(fleet.where((room, at) => (homes.get(room).node === one) === (at === one)));
    await sleep(Math.max(0, keptMs - (performance.now() - watch.begin)));
    same(await epochSum(fleet) - before, 0, 'rooms that changed hands');
  } finally {
    await cluster.answer();
    cluster.heal();
  }
  return { during, back: await fleet.watch().goOn() };
}

async function silenced(cluster) {
  const fleet = await Fleet.start(cluster, { owners: ['a', 'b', 'c'] });
  const all = [];
  for (let i = 0; i < share(5); i++)
    for (const name of cluster.names) all.push(await silenceOnce(cluster, fleet, name));
  return `${all.length} nodes that nobody could reach for ${keptMs} ms, and that beat; ${await fleet.settle()}; no room changed `
    + `hands. Who had a way went on after ${most(all.flatMap(({ during }) => during)).toFixed(0)} ms at most, all after `
    + `${most(all.flatMap(({ back }) => back)).toFixed(0)} ms once healed`;
}

// --- d: a clock jumps --------------------------------------------------------------------

const jumps = [['+1h', 3600], ['-1h', -3600], ['+0', 0]];
const clockToleranceS = 60;

/** That the clock has jumped, seen in what the node says of a new room. */
async function checkClock(server, seconds) {
  const body = JSON.stringify({ name: 'what time is it?' });
  const { created_at: at } = await (await server.request('/rooms', { method: 'POST', body })).json();
  const offset = (at - Date.now()) / 1000;
  check(Math.abs(offset - seconds) < clockToleranceS, `the clock is off by ${offset} s and should be by ${seconds} s`);
}

async function epochSum(fleet) {
  const homes = await fleet.homes();
  return fleet.loads.reduce((sum, { room }) => sum + homes.get(room).epoch, 0);
}

async function clockJumps(cluster, clock) {
  const fleet = await Fleet.start(cluster, { owners: ['a', 'a', 'b', 'c'] });
  const [silences, said] = [[], []];
  for (let i = 0; i < share(5); i++)
    for (const [offset, seconds] of jumps) {
      const before = await epochSum(fleet);
      const watch = fleet.watch();
      clock.set(offset);
      await sleep(keptMs);
      silences.push(...await watch.silences());
      await checkClock(cluster.nodes.a, seconds);
      const takeovers = await epochSum(fleet) - before;
      same(takeovers, 0, 'rooms that changed hands');
      said.push(takeovers);
    }
  return `${said.length} jumps of a node's clock; ${await fleet.settle()}; rooms that changed hands at each: ${said}; `
    + `longest silence: ${figures(silences)}`;
}

async function withJumpingClock() {
  const clock = new FakeClock();
  let pid;
  try {
    return await withCluster({ settings: longLease, own: { a: clock.settings } }, (cluster) => {
      ({ pid } = cluster.nodes.a);
      return clockJumps(cluster, clock);
    });
  } finally {
    clock.dispose(pid);
  }
}

// --- e: PostgreSQL is restarted ---------------------------------------------------------------

async function postgresRestarted(cluster) {
  const choose = random(seed);
  const fleet = await Fleet.start(cluster, { owners: anywhere });
  const restarts = 1 + share(3);
  const back = [];
  const before = await fleet.homes();
  for (let i = 0; i < restarts; i++) {
    await sleep(choose.below(300));
    await cluster.postgres.end('SIGQUIT');
    await sleep(i === 0 ? longOutageMs : choose.below(1_000));
    await cluster.postgres.launch();
    back.push(...await fleet.watch().goOn());
  }
  const after = await fleet.homes();
  const moved = fleet.loads.filter(({ room }) => after.get(room).node !== before.get(room).node).length;
  return `${restarts} restarts, the first after ${longOutageMs} ms; ${await fleet.settle()}; everybody back after ${figures(back)}: `
    + `max ${beside(most(back), goal.back)}; ${moved} of ${fleet.loads.length} rooms are with another node`;
}

// --- f: one node after the other is restarted ----------------------------------------------------

async function restartOne(cluster, fleet, name) {
  await fleet.goHome();
  const onIt = fleet.where((_, at) => at === name);
  const closes = onIt.map((client) => client.closes.length);
  const watch = fleet.watch();
  const { code, signal, ms } = await cluster.nodes[name].end('SIGTERM', endDeadlineMs);
  check(code === 0, `${name} ended with ${code}, by signal ${signal}`);
  await cluster.restart(name);
  const silences = await watch.silences();
  check(watch.moved().every((client) => onIt.includes(client)), `a socket on another node than ${name} was closed`);
  for (const [i, client] of onIt.entries()) same(client.closes[closes[i]]?.code, 1001, `the close code of ${client.name}`);
  return { silences, ms };
}

async function rolling(cluster) {
  const fleet = await Fleet.start(cluster, { owners: anywhere });
  const ends = [];
  for (let i = 0; i < share(5); i++)
    for (const name of cluster.names) ends.push(await restartOne(cluster, fleet, name));
  const codes = new Set(fleet.clients.flatMap(({ closes }) => closes.map(({ code }) => code)));
  check([...codes].every((code) => [1001, 1006].includes(code)), `close codes: ${[...codes]}`);
  check(fleet.count('rate_limited') === 0, 'somebody was told to slow down');
  const silences = ends.flatMap((one) => one.silences);
  return `${ends.length} nodes ended and started, in ${ends.map(({ ms }) => ms)} ms; ${await fleet.settle()}; close codes ${[...codes]}, `
    + `${fleet.count('unavailable')} × unavailable, ${fleet.count('rebase')} × rebase; longest silence: ${figures(silences)}: `
    + `p99 ${beside(quantile(silences, 0.99), goal.silence)}`;
}

/** Releases side by side, as while a new version comes to one node after the other. */
const versions = { a: '1-1', b: '1-2', c: '1-3' };

async function sideBySide(cluster) {
  const listed = await cluster.tandem('cluster', 'nodes');
  for (const spoken of Object.values(versions)) check(listed.includes(`speaks ${spoken} `), () => listed);
  const fleet = await Fleet.start(cluster, { owners: ['a', 'b', 'c', 'c'] });
  const watch = fleet.watch();
  await sleep(watchMs);
  const silences = await watch.silences();
  for (const name of cluster.names) {
    const { log } = cluster.nodes[name];
    check(!log.includes(' error '), () => `node ${name} complains: ${log}`);
  }
  return `nodes that speak ${Object.values(versions)}; ${await fleet.settle()}; longest silence: ${figures(silences)}: `
    + `max ${beside(most(silences), goal.silence)}`;
}

const pretended = Object.fromEntries(Object.entries(versions).map(([name, spoken]) => [name, { TANDEM_TEST_NODE_PROTOCOL: spoken }]));

// --- g: what is said on one node is heard on another ------------------------------------------------

async function acrossNodes(cluster) {
  const made = await AccountServer.start({}, cluster.store, cluster.nodes.a);
  const took = [];
  for (const [number, owner] of cluster.names.entries()) {
    const all = await people(cluster, made, owner, number);
    took.push(...await rightsGone(all, await saidAndHeard(all)));
  }
  return `rooms on each of ${cluster.names}: presence, chat, cursors, edits from a reach b; ${took.length} rights taken on c, `
    + `told on a and b after ${figures(took)}: max ${beside(most(took), goal.told)}`;
}

// --- h: rooms are moved, a node is drained -----------------------------------------------------------

async function moveOne(cluster, fleet, choose) {
  const { room, clients } = choose.pick(fleet.loads);
  const { node } = (await fleet.homes()).get(room);
  const watch = fleet.watch(clients);
  await cluster.move(room, choose.pick(cluster.others(node)));
  return watch.silences();
}

async function drainOne(cluster, fleet, name) {
  const watch = fleet.watch();
  await cluster.drain(name);
  const silences = await watch.silences();
  await cluster.tandem('cluster', 'undrain', name);
  return silences;
}

async function operated(cluster) {
  const choose = random(seed);
  const fleet = await Fleet.start(cluster, { owners: ['a', 'b', 'c', 'a'] });
  const silences = [];
  for (let i = 0; i < 2 * times; i++) silences.push(...await moveOne(cluster, fleet, choose));
  const drained = [];
  for (let i = 0; i < share(5); i++)
    for (const name of cluster.names) drained.push(...await drainOne(cluster, fleet, name));
  return `${2 * times} moves, ${share(5) * cluster.names.length} drains; ${await fleet.settle()}; longest silence: moves ${figures(silences)}, `
    + `drains ${figures(drained)}: max ${beside(most([...silences, ...drained]), goal.silence)}`;
}

// --- i: nodes that show certificates --------------------------------------------------------------------

async function links(cluster, name) {
  return Number(/^tandem_node_links (\d+)$/m.exec(await (await fetch(`${cluster.nodes[name].url}/metrics`)).text())[1]);
}

/** Two that the authority has signed speak with each other, and with nobody else: `c` is a stranger. */
async function withCertificates() {
  const made = new Certificates();
  const own = { a: made.signed('a'), b: made.signed('b'), c: made.stranger('c') };
  return withCluster({ own }, async (cluster) => {
    const fleet = ['a', 'b'].map((at) => cluster.nodes[at]);
    const room = await cluster.room('a');
    const two = fleet.map((node, i) => new ProtocolClient({ url: () => node.url, room, files: ['t.txt'], name: `${i}` }).connect());
    await until('both are in', () => two.every((one) => one.welcomed));
    await until('a and b are linked', async () => await links(cluster, 'a') === 1 && await links(cluster, 'b') === 1);
    const third = new ProtocolClient({ url: () => cluster.nodes.c.url, room, files: [], name: 'at c' }).connect();
    await sleep(strangerMs);
    same(await links(cluster, 'c'), 0, 'nobody speaks with a stranger');
    // Its tries hold CAF up, so that good links may break: they come back.
    await until('a and b are linked again', async () => await links(cluster, 'a') === 1 && await links(cluster, 'b') === 1);
    same(two.map((one) => one.closes.length), [0, 0], 'who is with a and b notices nothing');
    for (const one of [...two, third]) one.end();
    return 'two nodes whose certificates the authority signed are linked; one that signed its own is let in by neither';
  });
}

// --- would the witness see it? --------------------------------------------------------------------------

async function forged(postgres) {
  const database = postgres.addDatabase();
  const store = postgres.url(database);
  admin(store, 'tenants'); // which migrates
  const witness = new EpochWitness(postgres, database);
  return withServer({}, async (server) => {
    const load = await Load.start(server);
    await load.progress();
    await load.settle();
    const { rows } = witness.verify();
    return `${rows} rows as they should be, and noticed: ${witness.verifyItself().join(', ')}`;
  }, [], `${store}&application_name=a`);
}

const deadlineMs = 180_000 + times * (30_000 + roomCount * 1_000);
const drill = (name, body, how = {}) => ({ name, deadlineMs, run: () => withCluster(how, body) });

await suite('cluster', [
  { name: 'what should not be in the log is noticed', run: () => withPostgres(forged) },
  drill('owners killed', killed),
  drill('an owner that stands still, and goes on', stopped, { isWired: true }),
  drill('a write that comes too late', tooLate, { isWired: true }),
  drill('the network between nodes cut', cutOff(nodeCuts), { isWired: true }),
  drill('a node that no other reaches', silenced, { isWired: true, settings: longLease }),
  drill('two nodes cut off for longer than anybody waits', cutForLong,
    { isWired: true, settings: { ...longLease, TANDEM_ROOM_WAIT_MS: `${shortWaitMs}` } }),
  drill('the way to PostgreSQL cut', cutOff(databaseCuts), { isWired: true }),
  { name: 'a clock that jumps', deadlineMs, run: withJumpingClock },
  drill('PostgreSQL restarted under three nodes', postgresRestarted),
  drill('one node after the other restarted', rolling),
  drill('several versions side by side', sideBySide, { own: pretended }),
  drill('heard on another node', acrossNodes, { settings: accountSettings }),
  drill('rooms moved, nodes drained', operated),
  { name: 'nodes that show certificates', deadlineMs, run: withCertificates },
]);
