// The simulated C++ server at the other end of a pipe (tests/sim/bridge says how
// it is spoken to). Its clock stands still but in `run`.

import { spawn, type ChildProcess } from 'node:child_process';

/** What leaves the server takes this long at least: it may run so far ahead. */
export const LOOKAHEAD_US = 500;

export type Happening =
  | { what: 'open' | 'refuse'; connection: number; atUs: number }
  | { what: 'frame'; connection: number; atUs: number; bytes: number; text: string }
  | { what: 'close'; connection: number; atUs: number; code: number };

export interface StoredFile {
  key: number;
  name: string;
  text: string; // by applying the whole log
  log: { rev: number; client: string; seq: number; inserted: string }[];
}

/** What the store has; `client` is the digest of a client's id. */
export interface Stored {
  crashes: number;
  reloads: number;
  present: number[]; // the keys of the room's files; the others were deleted
  files: StoredFile[];
  chat: { n: number; client: string; id: number; text: string }[];
}

function happeningOf(line: string): Happening {
  const [what, connection, atUs, more, ...rest] = line.split(' ');
  const base = { connection: Number(connection), atUs: Number(atUs) };
  if (what === 'frame') return { what, ...base, bytes: Number(more), text: rest.join(' ') };
  if (what === 'close') return { what, ...base, code: Number(more) };
  if (what === 'open' || what === 'refuse') return { what, ...base };
  throw new Error(`the bridge says: ${line}`);
}

export class SimBridge {
  private readonly process: ChildProcess;
  private unsent: string[] = [];
  private received = '';
  private waiting: { resolve: (answer: string) => void; reject: (error: Error) => void } | undefined;

  constructor(binary: string) {
    this.process = spawn(binary, [], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.process.stdout?.setEncoding('utf8');
    this.process.stdout?.on('data', (data: string) => this.heard(data));
    this.process.on('exit', (code) => this.waiting?.reject(new Error(`the bridge has ended: ${code}`)));
    this.process.on('error', (error) => this.waiting?.reject(error));
  }

  /** Goes out with the next question. */
  tell(line: string): void {
    this.unsent.push(line);
  }

  /** Runs until that time, or until an answer to what has left could be due. */
  async run(untilUs: number): Promise<{ nowUs: number; happened: Happening[] }> {
    const lines = (await this.ask(`run ${untilUs} ${LOOKAHEAD_US}`)).split('\n');
    const done = lines.pop() ?? '';
    return { nowUs: Number(done.slice('done '.length)), happened: lines.map(happeningOf) };
  }

  async judge(): Promise<Stored> {
    return JSON.parse(await this.ask('judge')) as Stored;
  }

  end(): void {
    this.process.stdin?.end();
  }

  private ask(question: string): Promise<string> {
    const lines = [...this.unsent, question, ''].join('\n');
    this.unsent = [];
    return new Promise((resolve, reject) => {
      this.waiting = { resolve, reject };
      this.process.stdin?.write(lines);
    });
  }

  private heard(data: string): void {
    this.received += data;
    if (!this.received.endsWith('\n')) return;
    const lastLine = this.received.lastIndexOf('\n', this.received.length - 2) + 1;
    if (!this.received.startsWith('done ', lastLine) && !this.received.startsWith('{', lastLine)) return;
    const answer = this.received.slice(0, -1);
    this.received = '';
    this.waiting?.resolve(answer);
  }
}
