// A cluster of the drill's own: nodes named a, b, c … with one private
// PostgreSQL, each a server with a port for people and one for the other nodes.
// If it is wired, every way between two nodes, and between a node and PostgreSQL,
// leads over a wire that can fail (wire.mjs).

import { execFile } from 'node:child_process';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';

import { noLimits } from '../../live/support/accounts.mjs';
import { ProtocolClient } from '../../live/support/protocol_client.mjs';
import { binary, Server } from '../../live/support/server.mjs';
import { atEnd, check, until } from '../../live/support/suite.mjs';
import { EpochWitness } from './epoch_witness.mjs';
import { beginning } from './load.mjs';
import { withPostgres } from './postgres.mjs';
import { dialer, Wire } from './wire.mjs';

/** As the settings lease_ms and beat_ms have it, unless said otherwise. */
export const leaseMs = 3_000;

const commandDeadlineMs = 15_000;
const ownerTries = 15; // rooms made until one is where it is wanted; then it is moved
const logCharsShown = 800;

/** A port that was free a moment ago. */
async function freePort() {
  const probe = net.createServer();
  await new Promise((done) => probe.listen(0, '127.0.0.1', done));
  const { port } = probe.address();
  await new Promise((done) => probe.close(done));
  return port;
}

export class Cluster {
  nodes = {}; // by name: a Server
  #wires = []; // { to, wire }: to a node's name, or 'database'
  #blocked = [];

  /**
   * `own`, `through`: settings, and a command that execs it, of single nodes, by name. `isWatched`:
   * whether there is a witness. REQUIRES: start() before anything else, dispose() at the end,
   * whatever start() did.
   */
  constructor(postgres, { count = 3, settings = {}, own = {}, through = {}, isWired = false,
    isWatched = true } = {}) {
    Object.assign(this, { postgres, settings, own, through, isWired, isWatched });
    this.names = Array.from({ length: count }, (_, i) => String.fromCharCode(97 + i));
    this.database = postgres.addDatabase();
    this.store = postgres.url(this.database);
  }

  async start() {
    await this.tandem('migrate');
    if (this.isWatched) this.witness = new EpochWitness(this.postgres, this.database);
    for (const name of this.names) await this.#add(name);
    await this.met();
  }

  async #add(name) {
    const port = await freePort();
    const settings = {
      ...noLimits,
      TANDEM_NODE_NAME: name,
      TANDEM_CLUSTER_LISTEN: `127.0.0.1:${port}`,
      ...(this.isWired && { TANDEM_CLUSTER_ADVERTISE: await this.#wireToNode(name, port) }),
      ...this.settings,
      ...this.own[name],
    };
    const folder = this.isWired ? await this.#wireToDatabase(name) : undefined;
    const store = `${this.postgres.url(this.database, folder)}&application_name=${name}`;
    this.nodes[name] = await Server.start(settings, this.through[name], store);
  }

  async #wireToNode(name, port) {
    const wire = await Wire.lay({ at: { port: 0, host: '127.0.0.1' }, to: { port, host: '127.0.0.1' },
      whoDials: (socket) => dialer(socket, this.pids()) });
    this.#wires.push({ to: name, wire });
    return `127.0.0.1:${wire.port}`;
  }

  /** The folder in which PostgreSQL's socket seems to be. */
  async #wireToDatabase(name) {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tandem-wire-'));
    atEnd(() => fs.rmSync(folder, { recursive: true, force: true }));
    const { socket } = this.postgres;
    const wire = await Wire.lay({ at: { path: path.join(folder, path.basename(socket)) },
      to: { path: socket }, whoDials: () => name });
    this.#wires.push({ to: 'database', wire, folder });
    return folder;
  }

  pids() {
    return Object.fromEntries(this.running().map((name) => [name, this.nodes[name].pid]));
  }

  running() {
    return this.names.filter((name) => this.nodes[name]?.isRunning);
  }

  others(name) {
    return this.names.filter((other) => other !== name);
  }

  get servers() {
    return this.names.map((name) => this.nodes[name]);
  }

  // --- what the cluster says ------------------------------------------------------

  /** `tandem WORDS --store …`, without holding up whoever types meanwhile; what it printed. */
  tandem(...words) {
    return new Promise((done, fail) => execFile(binary, [...words, '--store', this.store],
      { timeout: commandDeadlineMs }, (error, said, why) =>
        (error ? fail(new Error(`tandem ${words.join(' ')}: ${error.code} ${why}`)) : done(said))));
  }

  /** By room: { node, epoch }. */
  async rooms() {
    const said = await this.tandem('cluster', 'rooms'); // ROOM NODE epoch N
    return new Map([...said.matchAll(/^(\S+)\s+(\S+)\s+(?:epoch\s+)?(\d+)$/gm)]
      .map(([, room, node, epoch]) => [room, { node, epoch: Number(epoch) }]));
  }

  async ownerOf(room) {
    return (await this.rooms()).get(room)?.node;
  }

  /** Every node that runs is known to all, and says that it is ready. */
  async met() {
    await until('all nodes are known', async () => {
      const known = (await this.tandem('cluster', 'nodes')).split(/\s+/);
      return this.running().every((name) => known.includes(name));
    });
    for (const name of this.running())
      await until(`${name} is ready`, async () => (await fetch(`${this.nodes[name].url}/readyz`)).ok);
  }

  /** A figure of a node's; several of one name are added up. */
  async metric(name, figure) {
    const text = await (await this.nodes[name].request('/metrics')).text();
    const found = [...text.matchAll(new RegExp(`^${figure}(?:\\{[^}]*\\})? (\\S+)$`, 'gm'))];
    check(found.length > 0, `node ${name} has no metric ${figure}`);
    return found.reduce((sum, [, value]) => sum + Number(value), 0);
  }

  /** Of all nodes that run, together. */
  async total(figure) {
    let sum = 0;
    for (const name of this.running()) sum += await this.metric(name, figure);
    return sum;
  }

  // --- rooms ------------------------------------------------------------------------

  /** A new room that somebody has been in: until then no node owns it. */
  async #visitedRoom() {
    const server = this.nodes[this.running()[0]];
    const room = await server.createRoom(beginning());
    const visitor = new ProtocolClient({ url: () => server.url, room, name: 'visitor' }).connect();
    await until(`somebody is in room ${room}`, () => visitor.welcomed);
    visitor.end();
    return room;
  }

  /** A new room that `owner` owns; whoever it comes to, if none is named. `make()`: a room that was visited. */
  async room(owner, make = () => this.#visitedRoom()) {
    for (let tries = 1; ; tries++) {
      const room = await make();
      const node = await until(`room ${room} has an owner`, () => this.ownerOf(room));
      if (owner === undefined || node === owner) return room;
      if (tries < ownerTries) continue;
      await this.move(room, owner);
      return room;
    }
  }

  /** The node gives its rooms away; returns when it has none. */
  async drain(name) {
    await this.tandem('cluster', 'drain', name);
    await until(`${name} has no rooms`, async () =>
      [...(await this.rooms()).values()].every(({ node }) => node !== name));
  }

  /** Returns when the room's new owner is the one that was asked for. */
  async move(room, name) {
    await this.tandem('cluster', 'move', room, name);
    await until(`${name} owns room ${room}`, async () => (await this.ownerOf(room)) === name);
  }

  // --- what is done to nodes ----------------------------------------------------------

  /** At once, without waiting for anything before: what happens next can be timed. */
  kill(name) {
    return this.nodes[name].end('SIGKILL');
  }

  /** On its old ports; returns when everybody knows it. */
  async restart(name) {
    await this.nodes[name].launch();
    await this.met();
  }

  /** What `from` says does not reach `to` any more ('database' is one, too); see wire.mjs. */
  block(from, to, how = 'held') {
    for (const { to: end, wire } of this.#wires) {
      const [who, way] = end === to ? [from, 'there'] : [to, 'back'];
      if (end !== to && end !== from) continue;
      wire.set(who, way, how);
      this.#blocked.push(() => wire.set(who, way, 'open'));
    }
  }

  cut(one, other, how = 'held') {
    this.block(one, other, how);
    this.block(other, one, how);
  }

  /** No other node reaches it, nor gets an answer: as if its machine were gone, but it beats. */
  async silence(name) {
    for (const other of this.others(name)) this.cut(name, other);
    await this.#wires.find(({ to }) => to === name).wire.fallSilent();
  }

  async answer() {
    for (const { wire } of this.#wires) await wire.answer();
  }

  heal() {
    for (const open of this.#blocked.splice(0)) open();
  }

  /** Whether something that matches is held on the way to PostgreSQL. */
  isHeld(pattern) {
    return this.#wires.some(({ to, wire }) => to === 'database' && wire.holds(pattern));
  }

  showLogs() {
    for (const [name, { log }] of Object.entries(this.nodes))
      if (log) console.log(`      the end of the log of ${name}:\n${log.slice(-logCharsShown)}`);
  }

  async dispose() {
    for (const server of Object.values(this.nodes)) await server.dispose();
    for (const { wire, folder } of this.#wires) {
      wire.close();
      if (folder) fs.rmSync(folder, { recursive: true, force: true });
    }
  }
}

/** Runs `body` with a cluster that is gone afterwards; on failure the nodes' logs are shown. */
export async function withClusterOn(postgres, how, body) {
  const cluster = new Cluster(postgres, how);
  try {
    await cluster.start();
    return await body(cluster);
  } catch (error) {
    cluster.showLogs();
    throw error;
  } finally {
    await cluster.dispose();
  }
}

/** The same with a PostgreSQL of its own. */
export const withCluster = (how, body) => withPostgres((postgres) => withClusterOn(postgres, how, body));
