// Several clients and a server that does all it may: whatever order things come
// in, whatever is dropped, sent twice or composed, all end with one text, and
// every edit is in it once.

import { describe, expect, it } from 'vitest';
import { FileSync, type Effect, type PendingWork } from '../src/client/file-sync';
import { apply, OpBuilder, parseOp, type TextOp } from '../src/client/text-op';
import { countCodePoints } from '../src/client/unicode';
import { ModelConnection, ModelServer, type Down } from './support/model-server';
import { forSeeds, type Random } from './support/random';

const LIMITS = { insertedChars: 3, jsonBytes: 200 };

class Client {
  private id: string;
  private seq = 0;
  private sync = this.newSync();
  private connection: ModelConnection | undefined;
  private shown = ''; // what an editor would show, kept by effects alone
  private retryIsDue = false;
  private lives = 0;

  constructor(private readonly name: string, private readonly server: ModelServer, private readonly random: Random) {
    this.id = name;
  }

  get text(): string {
    return this.shown;
  }

  get isSettled(): boolean {
    const caughtUp = this.sync.rev === this.server.head && !this.connection?.up.length && !this.connection?.down.length;
    return caughtUp && this.sync.isSynchronised;
  }

  connect(): void {
    this.connection ??= new ModelConnection(this.id);
    this.connection.up.push({ type: 'open', request: this.sync.openRequest() });
  }

  drop(): void {
    this.connection = undefined;
    this.retryIsDue = false;
    this.sync.connectionLost();
  }

  /** The page is loaded anew: only the pending work is left of it. */
  reload(): void {
    const work = this.sync.pendingWork;
    this.drop();
    this.sync = this.newSync();
    if (work) {
      this.sync.restore(throughJson(work));
      expect(this.sync.localText).toBe(this.shown);
    } else {
      this.id = `${this.name}.${++this.lives}`;
      this.seq = 0;
      this.shown = '';
    }
  }

  edit(op: (length: number) => TextOp): void {
    if (!this.sync.isOpen) return;
    const made = op(countCodePoints(this.shown));
    this.shown = apply(this.shown, made);
    this.perform(this.sync.localEdit(made));
  }

  step(): void {
    const { random } = this;
    if (!this.connection) return this.connect();
    if (this.retryIsDue && random.chance(0.3)) {
      this.retryIsDue = false;
      this.perform(this.sync.retry());
    }
    if (random.chance(0.5)) this.server.takeUp(this.connection);
    if (random.chance(0.4)) this.server.tell(this.connection);
    const frame = random.chance(0.6) ? this.connection.down.shift() : undefined;
    if (frame) this.perform(this.hear(frame));
  }

  private newSync(): FileSync {
    return new FileSync(() => ++this.seq, () => LIMITS);
  }

  private hear(frame: Down): Effect[] {
    switch (frame.type) {
      case 'opened':
        return frame.text === undefined
          ? this.sync.openedFrom(frame.from as number, frame.rev)
          : this.sync.openedWithText(frame.rev, frame.text);
      case 'op':
        return this.sync.serverOp(frame);
      case 'ack':
        return this.sync.ack(frame.seq, frame.rev);
      case 'check':
        return this.sync.check(frame);
      case 'error':
        return this.sync.failed(frame.code, frame.seq, 1);
    }
  }

  private perform(effects: Effect[]): void {
    for (const effect of effects) {
      switch (effect.do) {
        case 'send':
          for (let times = this.random.chance(0.1) ? 2 : 1; times > 0; times--) {
            this.connection?.up.push({ type: 'op', seq: effect.seq, rev: effect.rev, op: effect.op });
          }
          break;
        case 'open':
          this.connect();
          break;
        case 'apply':
          this.shown = apply(this.shown, effect.op);
          break;
        case 'replace':
          this.shown = effect.text;
          break;
        case 'retry':
          this.retryIsDue = true;
          break;
        case 'confirmed':
          break;
        default:
          throw new Error(`no reason for ${effect.do}`);
      }
    }
    expect(this.sync.localText).toBe(this.shown);
  }
}

function throughJson(work: PendingWork): PendingWork {
  const kept = JSON.parse(JSON.stringify(work)) as PendingWork;
  if (kept.inFlight) kept.inFlight.op = parseOp(kept.inFlight.op);
  if (kept.buffer) kept.buffer = parseOp(kept.buffer);
  return kept;
}

interface Settings {
  makeOp: (random: Random, length: number) => TextOp;
  steps: number;
}

function simulate(random: Random, { makeOp, steps }: Settings): ModelServer {
  const server = new ModelServer(random);
  const clients = ['a', 'b', 'c'].map((name) => new Client(name, server, random));
  for (let step = 0; step < steps; step++) {
    const client = random.pick(clients);
    if (random.chance(0.02)) client.drop();
    else if (random.chance(0.02)) client.reload();
    else if (random.chance(0.3)) client.edit((length) => makeOp(random, length));
    else client.step();
  }
  for (let round = 0; !clients.every((client) => client.isSettled); round++) {
    if (round > 20_000) throw new Error('they do not settle');
    random.pick(clients).step();
  }
  for (const client of clients) expect(client.text).toBe(server.text);
  return server;
}

describe('FileSync', () => {
  // As when a file is closed and opened again faster than the server answers.
  it('asks for the text behind an edit that was under way when a text came unasked', () => {
    const sync = new FileSync(() => 1, () => LIMITS);
    sync.openRequest();
    sync.openedWithText(0, 'A');
    sync.localEdit(parseOp([1, '*'])); // the server takes it from here: A is deleted, y comes, `*y`
    sync.openedWithText(2, 'y');
    expect(sync.localText).toBe('y*');
    sync.localEdit(parseOp(['z']));
    expect(sync.ack(1, 3).map((effect) => effect.do)).toEqual(['confirmed', 'open']);
    expect(sync.openRequest()).toEqual({});
    sync.openedWithText(3, '*y');
    expect(sync.localText).toBe('z*y');
  });

  // The tab that it was a duplicate of has carried the edit over a composed operation.
  it('asks for the text behind an edit from before a reload, also after another reload', () => {
    const restored = (work: PendingWork): FileSync => {
      const sync = new FileSync(() => 2, () => LIMITS);
      sync.restore(throughJson(work));
      return sync;
    };
    const sync = restored({ rev: 0, text: 'A', inFlight: { seq: 1, op: parseOp([1, '*']) }, buffer: parseOp(['z']) });
    expect(sync.openRequest()).toEqual({ rev: 0, seq: 1 });
    sync.openedFrom(0, 1);
    expect(sync.ack(1, 1).map((effect) => effect.do)).toEqual(['confirmed', 'open']);
    const again = restored(sync.pendingWork as PendingWork);
    expect(again.openRequest()).toEqual({});
    again.openedWithText(1, '*A');
    expect(again.localText).toBe('z*A');
  });

  it('brings all to one text, by any edits', () => {
    const seen = { composed: 0, rebase: 0, duplicate: 0, text: 0 };
    forSeeds(300, (random) => {
      const { counts } = simulate(random, { makeOp: (r, length) => r.op(length), steps: 150 });
      for (const key of Object.keys(seen) as (keyof typeof seen)[]) seen[key] += counts[key];
    });
    for (const count of process.env['TANDEM_TEST_SEED'] ? [] : Object.values(seen)) expect(count).toBeGreaterThan(10);
  });

  it('loses nothing and doubles nothing', () => {
    forSeeds(300, (random) => {
      const written: string[] = [];
      const makeOp = (r: Random, length: number): TextOp => {
        const character = String.fromCodePoint((r.chance(0.5) ? 0x4e00 : 0x20000) + written.length);
        written.push(character);
        return new OpBuilder().keep(r.below(length + 1)).insert(character).build();
      };
      const server = simulate(random, { makeOp, steps: 150 });
      expect(Array.from(server.text).sort()).toEqual(written.sort());
    });
  });
});
