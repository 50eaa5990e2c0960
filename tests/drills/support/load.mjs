// People at work while something is done to their server: half of them the
// browser's library, half written from docs/protocol.md alone. They stay from
// the beginning to the end: none is made anew, as none who keeps a tab open is.

import { LibraryClient, loadLibrary } from '../../live/support/library_client.mjs';
import { checkLog } from '../../live/support/log_check.mjs';
import { someEdit } from '../../live/support/monkey.mjs';
import { ProtocolClient } from '../../live/support/protocol_client.mjs';
import { random, same, seed, sleep, until } from '../../live/support/suite.mjs';

export const files = ['main.py', 'src/übung 😀.txt'];

/** What a room of such a load begins with. */
export const beginning = () => files.map((file) => ({ file, text: 'A text.\nΩ 😀\n' }));

const settleDeadlineMs = 60_000;

async function type(client, choose, pauseMs, isOver) {
  for (let edits = 0; !isOver(); ) {
    await sleep(choose.below(pauseMs));
    const file = choose.pick(files);
    const isOffline = !client.isReady(file);
    if (client.files.get(file).rev === undefined || (isOffline && choose.chance(0.9))) continue;
    client.edit(file, someEdit(choose, client.length(file), `${client.id.slice(0, 3)}${edits++};`));
  }
}

export class Load {
  clients = [];
  #isOver = false;
  #typing;

  /**
   * Everybody is in, and types until `settle`. Of several servers with one store:
   * `servers` are all of them, `url(i)` is asked at every connect of client i.
   * `pauseMs`: at most, between two edits of one client. `offset`: whose kind
   * the first client is of.
   */
  static async start(server, { count = 4, room, servers = [server], url = () => server.url,
    pauseMs = 15, offset = 0, choose = random(seed) } = {}) {
    const load = new Load();
    Object.assign(load, { server, servers });
    load.room = room ?? await server.createRoom(beginning());
    const hasLibrary = await loadLibrary();
    for (let i = 0; i < count; i++) {
      const Client = hasLibrary && (i + offset) % 2 ? LibraryClient : ProtocolClient;
      load.clients.push(new Client({
        url: () => url(i), room: load.room, files, name: `${Client.name} ${i}`,
        duplicates: () => choose.chance(0.05),
      }).connect());
    }
    await until(() => `everybody is in; not: ${load.#unready()}`, () => load.#unready() === '');
    load.#typing = load.clients.map((client) => type(client, choose, pauseMs, () => load.#isOver));
    return load;
  }

  #unready() {
    return this.clients.filter((client) => !files.every((file) => client.isReady(file)))
      .map((client) => `${client.name} (${client.closes.map(({ code }) => code)})`).join(', ');
  }

  get acknowledged() {
    return this.clients.reduce((sum, client) => sum + client.acked.length, 0);
  }

  /** Until somebody's edit has been acknowledged from now on; how long that took. */
  async progress(deadlineMs = 30_000) {
    const before = this.acknowledged;
    const begin = performance.now();
    await until('an edit is acknowledged', () => this.acknowledged > before, deadlineMs);
    return performance.now() - begin;
  }

  #isSettled(texts) {
    return files.every((file, i) => this.clients.every((client) =>
      client.isSettled(file) && client.text(file) === texts[i]));
  }

  async stop() {
    this.#isOver = true;
    await Promise.all(this.#typing);
  }

  async #texts(server) {
    const texts = [];
    for (const file of files) texts.push((await server.text(this.room, file)).text);
    return texts;
  }

  /** Everybody stops typing; what they have is every server's, and the log has every edit once. */
  async settle() {
    await this.stop();
    await until(() => `everybody has the same text; not yet: ${JSON.stringify(
      this.clients.flatMap((client) => files.filter((file) => !client.isSettled(file))
        .map((file) => [client.name, file, client.state(file), client.errors.slice(0, 3)])))}`,
    async () => {
      for (const server of this.servers)
        if (!this.#isSettled(await this.#texts(server))) return false;
      return true;
    }, settleDeadlineMs);
    let edits;
    for (const server of this.servers)
      edits = await checkLog(server, this.room, files, this.clients);
    for (const client of this.clients) {
      same(client.errors, [], `what ${client.name} did not expect`);
      client.end();
    }
    return edits;
  }
}

/** A time beside what it should be; a busy machine is no failure. */
export function beside(ms, goalMs) {
  return `${ms.toFixed(0)} ms (goal ${goalMs}: ${ms <= goalMs ? 'met' : 'NOT MET'})`;
}

/** Milliseconds as a line says them: the median, and the most. */
export function spread(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return `${sorted[Math.floor(sorted.length / 2)].toFixed(0)} ms (p50), ${sorted.at(-1).toFixed(0)} at most`;
}

export const most = (values) => Math.max(...values);

export function quantile(values, q) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))];
}

/** The same of many. */
export function figures(values) {
  if (values.length === 0) return 'nobody';
  const [p50, p99] = [0.5, 0.99].map((q) => quantile(values, q).toFixed(0));
  return `p50 ${p50}, p99 ${p99}, max ${most(values).toFixed(0)} ms (${values.length})`;
}
