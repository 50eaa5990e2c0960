// Between tandem and PostgreSQL: passes everything on until it is told to cut.
// A cut on the question: PostgreSQL never sees it. A cut on the answer:
// PostgreSQL has done what it was asked, and nobody is told.

import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';

import { atEnd } from '../../live/support/suite.mjs';

export class PostgresProxy {
  cuts = { question: 0, answer: 0, stall: 0 };
  #pairs = new Set();
  #planned;

  static async start(postgres) {
    const proxy = new PostgresProxy();
    proxy.folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tandem-proxy-'));
    proxy.forget = atEnd(() => fs.rmSync(proxy.folder, { recursive: true, force: true }));
    proxy.server = net.createServer((front) => proxy.#pair(front, net.connect(postgres.socket)));
    await new Promise((done) =>
      proxy.server.listen(path.join(proxy.folder, path.basename(postgres.socket)), done));
    return proxy;
  }

  #pair(front, back) {
    const pair = { front, back, cutsAnswer: false };
    this.#pairs.add(pair);
    const end = () => {
      front.destroy();
      back.destroy();
      this.#pairs.delete(pair);
    };
    front.on('data', (data) => {
      const planned = this.#take();
      if (planned === 'question') return end();
      if (planned === 'answer') pair.cutsAnswer = true;
      back.write(data);
    });
    back.on('data', (data) => (pair.cutsAnswer ? end() : front.write(data)));
    for (const socket of [front, back]) socket.on('close', end).on('error', end);
  }

  #take() {
    const planned = this.#planned;
    this.#planned = undefined;
    if (planned) this.cuts[planned] += 1;
    return planned;
  }

  /** The next question that comes, on any connection, is cut: 'question' or 'answer'. */
  cutNext(what) {
    this.#planned = what;
  }

  get isPlanned() {
    return this.#planned !== undefined;
  }

  /** Nothing passes, in either direction; nobody is told. */
  stall() {
    this.cuts.stall += 1;
    for (const { front, back } of this.#pairs) front.pause(), back.pause();
  }

  goOn() {
    for (const { front, back } of this.#pairs) front.resume(), back.resume();
  }

  close() {
    for (const { front, back } of this.#pairs) front.destroy(), back.destroy();
    this.server.close();
    fs.rmSync(this.folder, { recursive: true, force: true });
    this.forget();
  }
}
