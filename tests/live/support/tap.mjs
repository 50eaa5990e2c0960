// A TCP relay between one client and the server that can fail like a network:
// cut, lose what comes from one side, let one side wait.

import net from 'node:net';

import { atEnd } from './suite.mjs';

export class Tap {
  #listener;
  #pairs = new Set();
  blocked = false; // no connection comes about
  #stalled = false;
  #losing; // 'up' (to the server), 'down' (to the client), or neither

  static async open(targetPort) {
    const tap = new Tap();
    tap.#listener = net.createServer((client) => tap.#relay(client, targetPort()));
    await new Promise((done) => tap.#listener.listen(0, '127.0.0.1', done));
    tap.url = `http://127.0.0.1:${tap.#listener.address().port}`;
    atEnd(() => tap.close());
    return tap;
  }

  #relay(client, port) {
    if (this.blocked) return client.destroy();
    const server = net.connect(port, '127.0.0.1');
    const pair = { client, server };
    this.#pairs.add(pair);
    const over = () => {
      this.#pairs.delete(pair);
      client.destroy();
      server.destroy();
    };
    for (const socket of [client, server]) {
      socket.setNoDelay(true);
      socket.on('error', over);
      socket.on('close', over);
    }
    client.on('data', (data) => this.#losing !== 'up' && server.write(data));
    server.on('data', (data) => this.#losing !== 'down' && client.write(data));
    if (this.#stalled) server.pause();
  }

  /** Ends what is open, at once, on both sides. */
  cut() {
    this.#losing = undefined;
    for (const { client, server } of this.#pairs) {
      client.resetAndDestroy?.() ?? client.destroy();
      server.destroy();
    }
  }

  /** From now on nothing gets through in this direction; then the connection is cut. */
  loseThenCut(direction, afterMs) {
    this.#losing = direction;
    setTimeout(() => this.cut(), afterMs);
  }

  /** The client reads nothing for a while. */
  stall(ms) {
    this.#stalled = true;
    for (const { server } of this.#pairs) server.pause();
    setTimeout(() => {
      this.#stalled = false;
      for (const { server } of this.#pairs) server.resume();
    }, ms);
  }

  close() {
    this.#listener.close();
    this.cut();
  }
}
