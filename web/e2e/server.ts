// A tandem server of a test's own, with a store in a temporary folder, and a
// TCP proxy in front of it that can be cut.

import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const WEB = new URL('..', import.meta.url).pathname;
const BINARY = process.env['TANDEM_TEST_BIN'] ?? join(WEB, '../build/tandem');
const READY = /tandem is ready at (http:\/\/\S+)/;
const START_DEADLINE_MS = 60_000;

export interface ServerParts {
  readonly settings?: Readonly<Record<string, string>>; // of its environment
  /** What is to be done with the store before the server has it. */
  readonly prepare?: (store: string) => void;
}

/** Runs a command of the program to its end; returns what it printed. */
export function runTandem(...words: string[]): string {
  const done = spawnSync(BINARY, words, { encoding: 'utf8' });
  if (done.status !== 0) throw new Error(`tandem ${words.join(' ')}: ${done.stderr}`);
  return done.stdout;
}

export class TandemServer {
  private constructor(
    readonly url: string,
    private readonly process: ChildProcess,
    private readonly folder: string,
  ) {}

  static async start({ settings = {}, prepare }: ServerParts = {}): Promise<TandemServer> {
    const folder = mkdtempSync(join(tmpdir(), 'tandem-e2e-'));
    const store = `sqlite:${join(folder, 'tandem.db')}`;
    prepare?.(store);
    const started = spawn(BINARY, ['serve', '--listen', '127.0.0.1:0', '--store', store], {
      env: { ...process.env, TANDEM_WEB_ROOT: join(WEB, 'dist'), ...settings },
    });
    return new TandemServer(await readyUrl(started), started, folder);
  }

  async stop(): Promise<void> {
    const exited = new Promise((resolve) => this.process.once('exit', resolve));
    this.process.kill('SIGTERM');
    await exited;
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Without `files` it has an empty main.py. */
  async createRoom(name: string, files?: readonly { file: string; text: string }[]): Promise<string> {
    const response = await fetch(`${this.url}/rooms`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ name, files }),
    });
    if (!response.ok) throw new Error(`POST /rooms: ${response.status} ${await response.text()}`);
    return ((await response.json()) as { room_id: string }).room_id;
  }

  async text(room: string, file: string): Promise<string> {
    const response = await fetch(`${this.url}/rooms/${room}/files/${encodeURIComponent(file)}`);
    return response.ok ? response.text() : `(${response.status})`;
  }
}

function readyUrl(started: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let output = '';
    const fail = (why: string): void => reject(new Error(`${why}: ${output}`));
    const timer = setTimeout(() => fail('tandem was not ready in time'), START_DEADLINE_MS);
    const read = (bytes: Buffer): void => {
      output += bytes.toString();
      const url = READY.exec(output)?.[1];
      if (url === undefined) return;
      clearTimeout(timer);
      resolve(url);
    };
    started.stdout?.on('data', read);
    started.stderr?.on('data', read);
    started.once('exit', () => fail('tandem ended'));
    started.once('error', (error) => fail(`tandem cannot be run: ${error.message}`));
  });
}

export class CuttableProxy {
  private readonly sockets = new Set<Socket>();
  private isCut = false;

  private constructor(
    private readonly server: Server,
    private readonly target: URL,
  ) {
    server.on('connection', (socket) => this.accept(socket));
  }

  static async start(target: string): Promise<CuttableProxy> {
    const server = createServer();
    const proxy = new CuttableProxy(server, new URL(target));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  cut(): void {
    this.isCut = true;
    for (const socket of this.sockets) socket.destroy();
  }

  mend(): void {
    this.isCut = false;
  }

  async stop(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.server.close(resolve));
  }

  /** A page that came through here has our origin; the server knows its own alone. */
  private asFromTarget(bytes: Buffer): Buffer {
    const origin = `Origin: ${this.url}`;
    if (!bytes.includes(origin)) return bytes;
    return Buffer.from(bytes.toString('latin1').replace(origin, `Origin: ${this.target.origin}`), 'latin1');
  }

  private accept(socket: Socket): void {
    if (this.isCut) {
      socket.destroy();
      return;
    }
    const onward = connect(Number(this.target.port), this.target.hostname);
    for (const [one, other] of [[socket, onward], [onward, socket]] as const) {
      this.sockets.add(one);
      one.on('data', (bytes) => other.write(one === socket ? this.asFromTarget(bytes) : bytes));
      one.on('error', () => other.destroy());
      one.on('close', () => {
        this.sockets.delete(one);
        other.destroy();
      });
    }
  }
}
