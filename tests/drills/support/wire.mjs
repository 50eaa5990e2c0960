// A wire to one program: everybody's way to it, and a network between them that
// can fail, for one of those who dial and in one direction only. Bytes are
//
//   held     kept until the wire is whole again, as a network that is cut and
//            comes back before a connection has given up does
//   lost     gone: what they were part of ends when the wire is whole again
//   refused  (both ways) every connection ends at once, and so do new ones
//
// A connection comes about while its bytes are held or lost: it is silent. For that
// not even to happen, as where a machine has no power, the whole wire falls silent.

import { fork } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import net from 'node:net';

import { atEnd, sleep } from '../../live/support/suite.mjs';

const queueLength = 64; // of connections that nobody has taken
const answerMs = 200; // nobody has answered, if not by then

/** Ends it so that the other side gets an error; a socket in a folder knows no such thing. */
const reset = (socket) => (socket.remotePort ? socket.resetAndDestroy() : socket.destroy());

/** One direction of one connection. */
class Flow {
  held = [];
  isBroken = false;
  isEnded = false;

  constructor(source, sink, how) {
    Object.assign(this, { source, sink });
    source.on('data', (data) => {
      if (how() === 'held') this.held.push(data);
      else if (how() === 'lost') this.isBroken = true;
      else this.#pass(data);
    });
    source.on('error', () => {});
    source.on('close', () => {
      this.isEnded = true;
      if (how() === 'open') sink.end();
    });
  }

  #pass(data) {
    if (this.sink.writable) this.sink.write(data);
  }

  release() {
    for (const data of this.held.splice(0)) this.#pass(data);
    if (this.isEnded) this.sink.end();
  }
}

class Pair {
  constructor(from, front, rear, ways) {
    Object.assign(this, { from, front, rear });
    this.flows = {
      there: new Flow(front, rear, () => ways.there),
      back: new Flow(rear, front, () => ways.back),
    };
  }

  get isBroken() {
    return this.flows.there.isBroken || this.flows.back.isBroken;
  }

  get isOver() {
    return this.front.destroyed && this.rear.destroyed;
  }

  end() {
    reset(this.front);
    reset(this.rear);
  }
}

export class Wire {
  #listener;
  #keeper; // while silent: a process that has the port
  #fillers = [];
  #pairs = new Set();
  #ways = new Map(); // by who dials

  /** `at`, `to`: for net.listen and net.connect. `whoDials(socket)`: the name of who has connected. */
  static async lay({ at, to, whoDials }) {
    const wire = new Wire();
    Object.assign(wire, { to, whoDials });
    await wire.#listen({ ...at, backlog: queueLength });
    wire.forget = atEnd(() => wire.close());
    return wire;
  }

  async #listen(at) {
    this.#listener = net.createServer((front) => this.#connected(front));
    await new Promise((done, fail) => this.#listener.once('error', fail).listen(at, done));
  }

  /** Who dials gets no answer, no refusal either. The connections that there are stay as they are. */
  async fallSilent() {
    const { port } = this;
    this.#keeper = fork(new URL('port_keeper.mjs', import.meta.url));
    this.#keeper.send('keep', this.#listener._handle);
    await once(this.#keeper, 'message');
    this.#listener.close();
    for (let isAnswered = true; isAnswered;) {
      const filler = net.connect(port, '127.0.0.1').on('error', () => {});
      this.#fillers.push(filler);
      isAnswered = await Promise.race([once(filler, 'connect').then(() => true), sleep(answerMs).then(() => false)]);
    }
  }

  /** Never refused in between: the port is handed back open. */
  async answer() {
    if (!this.#keeper) return;
    this.#keeper.send('give back');
    const [, handle] = await once(this.#keeper, 'message');
    for (const filler of this.#fillers.splice(0)) filler.destroy();
    await this.#listen({ _handle: handle });
    this.#keeper.kill();
    this.#keeper = undefined;
    await sleep(answerMs); // those that wait in the queue are taken first
  }

  get port() {
    return this.#listener.address().port;
  }

  #waysOf(from) {
    if (!this.#ways.has(from)) this.#ways.set(from, { there: 'open', back: 'open' });
    return this.#ways.get(from);
  }

  #connected(front) {
    const from = this.whoDials(front);
    const ways = this.#waysOf(from);
    front.on('error', () => {});
    if (ways.there === 'refused') return reset(front);
    const pair = new Pair(from, front, net.connect(this.to), ways);
    this.#pairs.add(pair);
    for (const socket of [front, pair.rear]) {
      socket.setNoDelay?.(true);
      socket.on('close', () => pair.isOver && this.#pairs.delete(pair));
    }
  }

  /** What becomes of what `from` says ('there') or is told ('back'): 'open', 'held', 'lost', 'refused'. */
  set(from, way, how) {
    const ways = this.#waysOf(from);
    const pairs = [...this.#pairs].filter((pair) => pair.from === from);
    ways[way] = how;
    if (how === 'refused') for (const pair of pairs) pair.end();
    if (how !== 'open') return;
    for (const pair of pairs) {
      if (pair.isBroken) pair.end();
      else pair.flows[way].release();
    }
  }

  /** Whether something that is held on its way there matches a pattern, its bytes taken for characters. */
  holds(pattern) {
    return [...this.#pairs].some(({ flows }) => pattern.test(Buffer.concat(flows.there.held).toString('latin1')));
  }

  close() {
    for (const pair of this.#pairs) pair.end();
    this.#listener.close();
    this.#keeper?.kill();
    for (const filler of this.#fillers) filler.destroy();
    this.forget?.();
  }
}

/** The inode of the socket at the other end of a connection on loopback. */
function inodeOfPeer(socket) {
  const hex = (port) => port.toString(16).toUpperCase().padStart(4, '0');
  const [here, there] = [hex(socket.localPort), hex(socket.remotePort)];
  for (const line of fs.readFileSync('/proc/net/tcp', 'utf8').split('\n').slice(1)) {
    const [, local, remote, , , , , , , inode] = line.trim().split(/\s+/);
    if (local?.endsWith(`:${there}`) && remote.endsWith(`:${here}`)) return inode;
  }
  return undefined;
}

function hasOpen(pid, inode) {
  const folder = `/proc/${pid}/fd`;
  return fs.readdirSync(folder).some((number) => {
    try {
      return fs.readlinkSync(`${folder}/${number}`) === `socket:[${inode}]`;
    } catch {
      return false; // closed meanwhile
    }
  });
}

/** Which of some processes ({ name: pid }) has the other end of a connection on loopback. */
export function dialer(socket, pids) {
  const inode = inodeOfPeer(socket);
  return Object.keys(pids).find((name) => inode !== undefined && hasOpen(pids[name], inode));
}
