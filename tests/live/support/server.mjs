// One tandem server of our own: started on a free port with a store in a
// directory of its own, killed, stopped, started again on the same port.

import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

import { atEnd, patience, sleep } from './suite.mjs';

export const repoRoot = fileURLToPath(new URL('../../..', import.meta.url));

export const tracesDir = path.resolve(
  repoRoot, process.env.TANDEM_TEST_TRACES ?? '../shared/traces');

export const binary = path.resolve(repoRoot, process.env.TANDEM_TEST_BIN ?? 'build/tandem');
const startDeadlineMs = 10_000;
const logCharsKept = 1_000_000;
const logCharsShown = 800;

const generous = { TANDEM_OPS_PER_SECOND: '100000', TANDEM_OPS_BURST: '100000' };

function cleanEnvironment(settings) {
  const kept = Object.entries(process.env).filter(([name]) => !name.startsWith('TANDEM_'));
  return { ...Object.fromEntries(kept), ...settings };
}

/** An answer's text with a U+FEFF that it begins with, which `text()` would drop. */
export async function wholeText(answer) {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(await answer.arrayBuffer());
}

export class Server {
  port = 0;
  log = '';
  #child;
  #exit;
  #forget = [];

  /**
   * Starts one, with settings by their environment names. `through`: a command that execs it;
   * `store`: another one than a SQLite file in a directory of the server's own.
   */
  static async start(settings = {}, through = [], store = undefined) {
    const server = new Server();
    server.through = through;
    server.otherStore = store;
    server.settings = { ...generous, ...settings };
    server.dir = fs.mkdtempSync(path.join(os.tmpdir(), 'tandem-live-'));
    server.#forget.push(atEnd(() => fs.rmSync(server.dir, { recursive: true, force: true })));
    await server.launch();
    return server;
  }

  get url() {
    return `${this.settings.TANDEM_TLS_KEY ? 'https' : 'http'}://127.0.0.1:${this.port}`;
  }

  get pid() {
    return this.#child.pid;
  }

  get isRunning() {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  get store() {
    return this.otherStore ?? `sqlite:${path.join(this.dir, 'tandem.db')}`;
  }

  async launch() {
    const { store } = this;
    const listen = `127.0.0.1:${this.port}`;
    const [command, ...rest] = [...this.through, binary, 'serve', '--listen', listen, '--store', store];
    const child = spawn(command, rest, {
      cwd: this.dir,
      env: cleanEnvironment(this.settings),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    this.#forget.push(atEnd(() => child.kill('SIGKILL')));
    this.#exit = new Promise((done) => {
      child.once('error', (error) => done({ error }));
      child.once('exit', (code, signal) => done({ code, signal }));
    });
    let said = '';
    const ready = new Promise((done) => {
      child.stdout.on('data', (data) => {
        said += data;
        const found = /ready at https?:\/\/[^\n]*:(\d+)/.exec(said);
        if (found) done(Number(found[1]));
      });
    });
    child.stderr.on('data', (data) => {
      this.log = (this.log + data).slice(-logCharsKept);
    });
    const port = await Promise.race([ready, this.#exit, sleep(startDeadlineMs * patience)]);
    if (typeof port !== 'number')
      throw new Error(`${binary} did not start: ${JSON.stringify(port)} ${this.log}`);
    this.port = port;
  }

  /** Waits for its end: { code, signal }, or undefined if it goes on. */
  ended(deadlineMs) {
    return Promise.race([this.#exit, sleep(deadlineMs)]);
  }

  /** Sends a signal and waits for the end: { code, signal, ms }. */
  async end(signal, deadlineMs = 10_000) {
    const begin = Date.now();
    this.#child.kill(signal);
    const allowedMs = deadlineMs * patience;
    const how = await this.ended(allowedMs);
    if (!how) throw new Error(`the server did not end within ${allowedMs} ms of ${signal}`);
    return { ...how, ms: Date.now() - begin };
  }

  /** Sends a signal that does not end it: SIGSTOP, SIGCONT. */
  signal(name) {
    this.#child.kill(name);
  }

  async killAndRestart() {
    await this.end('SIGKILL');
    await this.launch();
  }

  /** Ends it if it runs, and removes its directory. */
  async dispose() {
    if (this.isRunning) await this.end('SIGKILL');
    fs.rmSync(this.dir, { recursive: true, force: true });
    for (const forget of this.#forget) forget();
  }

  rssBytes(pid = this.pid) {
    const status = fs.readFileSync(`/proc/${pid}/status`, 'utf8');
    return Number(/VmRSS:\s+(\d+) kB/.exec(status)[1]) * 1024;
  }

  /** The processes that it has started: one that hashes passwords. */
  helpers() {
    const tasks = fs.readdirSync(`/proc/${this.pid}/task`);
    return tasks.flatMap((task) => fs.readFileSync(`/proc/${this.pid}/task/${task}/children`, 'utf8').split(' '))
      .filter(Boolean).map(Number);
  }

  // --- REST -------------------------------------------------------------------

  async request(route, init) {
    const response = await fetch(this.url + route, init);
    if (!response.ok) throw new Error(`${route}: ${response.status} ${await response.text()}`);
    return response;
  }

  async createRoom(files) {
    const body = JSON.stringify({ name: 'live test', files });
    const answer = await this.request('/rooms', { method: 'POST', body });
    return (await answer.json()).room_id;
  }

  async text(room, file) {
    const answer = await this.request(`/rooms/${room}/files/${encodeURIComponent(file)}`);
    return { text: await wholeText(answer), rev: Number(answer.headers.get('tandem-revision')) };
  }

  async files(room) {
    return (await this.request(`/rooms/${room}/files`)).json();
  }

  /** The whole history of a file, however many answers that takes. */
  async history(room, file) {
    const all = [];
    for (;;) {
      const route = `/rooms/${room}/files/${encodeURIComponent(file)}/history?from=${all.length}`;
      const part = await (await this.request(route)).json();
      if (part.length === 0) return all;
      all.push(...part);
    }
  }
}

/** Runs `body` with a server that is gone afterwards; on failure its log is shown. */
export async function withServer(settings, body, through = [], store = undefined) {
  const server = await Server.start(settings, through, store);
  try {
    return await body(server);
  } catch (error) {
    if (server.log) console.log(`      the end of the server's log:\n${server.log.slice(-logCharsShown)}`);
    throw error;
  } finally {
    await server.dispose();
  }
}
