// People in the rooms of a cluster: a load (load.mjs) in each room, with people on
// every node. Who has lost a connection comes back to the next node.

import { checkOpLog } from '../../live/support/log_check.mjs';
import { random, same, seed, until } from '../../live/support/suite.mjs';
import { files, Load } from './load.mjs';

const goOnDeadlineMs = 60_000;
const pauseMs = 60; // at most, between two edits of one person

/** Where one person connects: at home, and whenever that was lost, to the next node. */
class Way {
  visited = [];

  constructor(cluster, home) {
    Object.assign(this, { cluster, home });
  }

  /** The node that they are on, or try to be. */
  get at() {
    return this.visited.at(-1);
  }

  next() {
    const { names, nodes } = this.cluster;
    this.visited.push(this.comesHome || this.at === undefined ? this.home
      : names[(names.indexOf(this.at) + 1) % names.length]);
    this.comesHome = false;
    return nodes[this.at].url;
  }
}

function sendHome(client) {
  if (client.way.comesHome) return; // on their way
  client.way.comesHome = true;
  client.drop();
}

const describe = (client) => JSON.stringify({ name: client.name, room: client.room, at: client.way.at, acked: client.acked.length,
  counts: client.counts, files: files.map((file) => client.state(file)), errors: client.errors.slice(0, 2) });

/** What is to come: who has an edit acknowledged that was made after now, and when. */
class Watch {
  #marks = new Map();
  begin = performance.now();

  constructor(clients) {
    for (const client of clients)
      this.#marks.set(client, { seq: client.lastSeq, acks: client.acked.length, connects: client.way.visited.length });
  }

  #first(client) {
    const { seq, acks } = this.#marks.get(client);
    return client.acked.slice(acks).find((ack) => ack.seq > seq);
  }

  /** Until each of them has; how many milliseconds that took for each. */
  async goOn(clients = [...this.#marks.keys()], deadlineMs = goOnDeadlineMs) {
    const waiting = () => clients.filter((client) => !this.#first(client));
    await until(() => `everybody's next edit is acknowledged; not yet: ${waiting().map(describe).join(', ')}`, () => waiting().length === 0, deadlineMs);
    return clients.map((client) => this.#first(client).at - this.begin);
  }

  /** How long each was without any ack, at most, from then until it went on after now. */
  async silences(clients = [...this.#marks.keys()]) {
    const end = performance.now();
    await new Watch(clients).goOn();
    return clients.map((client) => {
      const acks = client.acked.slice(Math.max(0, this.#marks.get(client).acks - 1)).map(({ at }) => at);
      const gaps = acks.slice(1).map((at, i) => (acks[i] > end ? 0 : at - Math.max(acks[i], this.begin)));
      return Math.max(...gaps);
    });
  }

  /** Who has lost a connection since. */
  moved() {
    return [...this.#marks.keys()].filter((client) =>
      client.way.visited.length !== this.#marks.get(client).connects);
  }
}

export class Fleet {
  loads = [];

  /** A room for each of `owners` (undefined: whoever it comes to), with `perNode` people on each node. */
  static async start(cluster, { owners = [undefined], perNode = 1 } = {}) {
    const fleet = new Fleet();
    fleet.cluster = cluster;
    const choose = random(seed);
    for (const [number, owner] of owners.entries()) {
      const room = await cluster.room(owner);
      const ways = Array.from({ length: perNode * cluster.names.length }, (_, i) =>
        new Way(cluster, cluster.names[i % cluster.names.length]));
      const load = await Load.start(cluster.servers[0], { count: ways.length, room, choose, pauseMs,
        servers: cluster.servers, url: (i) => ways[i].next(), offset: number });
      for (const [i, client] of load.clients.entries()) client.way = ways[i];
      fleet.loads.push(load);
    }
    await fleet.watch().goOn();
    return fleet;
  }

  get clients() {
    return this.loads.flatMap((load) => load.clients);
  }

  /** By room: { node, epoch }. REQUIRES: PostgreSQL is there. */
  homes() {
    return until('every room has an owner', async () => {
      const rooms = await this.cluster.rooms();
      return this.loads.every(({ room }) => rooms.has(room)) && rooms;
    });
  }

  /** People by the room that they are in and the node that they are on. */
  where(fits) {
    return this.clients.filter((client) => fits(client.room, client.way.at));
  }

  watch(clients = this.clients) {
    return new Watch(clients);
  }

  /** Who is not on their own node leaves, and comes back to that; again if they lose their way. */
  async goHome() {
    const away = () => this.clients.filter(({ way }) => way.at !== way.home);
    do {
      await until('everybody is at home', () => {
        away().forEach(sendHome);
        return away().length === 0;
      });
      await this.watch().goOn();
    } while (away().length > 0);
  }

  /** How many `error` messages of a kind people were answered, and dealt with by themselves. */
  count(code) {
    return this.clients.reduce((sum, client) => sum + client.counts[code], 0);
  }

  /**
   * Nobody types any more. On every node: nothing that was acknowledged is lost or
   * doubled, and all have the same. In the database: no row of a former owner's.
   */
  async settle() {
    await Promise.all(this.loads.map((load) => load.stop()));
    let edits = 0;
    for (const load of this.loads) {
      edits += await load.settle();
      await this.#compareLogs(load);
    }
    const { rows, epochs } = this.cluster.witness.verify();
    return `${edits} edits acknowledged, none lost or doubled; ${rows} rows in ${epochs} epochs, `
      + `none of a former owner; ${await this.cluster.total('tandem_fenced_writes_total')} refused`;
  }

  async #compareLogs({ room, clients }) {
    const logs = [];
    for (const server of this.cluster.servers)
      logs.push(await (await server.request(`/rooms/${room}/log`)).text());
    checkOpLog(logs[0], clients);
    for (const [i, log] of logs.entries())
      same(log, logs[0], `the op log that ${this.cluster.names[i]} gives out`);
  }
}
