// The server's side of one file, as docs/protocol.md says it, with everything it
// is free to choose chosen at random: when operations are told, composed or one
// by one, whether a catch-up is text or operations, when an edit is put off.

import { compose, apply, IDENTITY, transform, type TextOp } from '../../src/client/text-op';
import type { OpenRequest } from '../../src/client/file-sync';
import { countCodePoints } from '../../src/client/unicode';
import { crc32 } from './crc32';
import type { Random } from './random';

export type Down =
  | { type: 'opened'; rev: number; text?: string; from?: number }
  | { type: 'op'; rev: number; from: number; op: TextOp }
  | { type: 'ack'; seq: number; rev: number }
  | { type: 'check'; rev: number; length: number; crc32: number }
  | { type: 'error'; code: string; seq: number };

export type Up = { type: 'open'; request: OpenRequest } | { type: 'op'; seq: number; rev: number; op: TextOp };

export class ModelConnection {
  readonly down: Down[] = [];
  readonly up: Up[] = [];
  sent = -1; // the revision that the client has been brought to; -1 before `opened`
  composedEnd = 0;
  mayCompose = true;

  constructor(readonly client: string) {}
}

export class ModelServer {
  text = '';
  readonly history: TextOp[] = [];
  readonly committed = new Map<string, number>(); // client/seq to revision
  readonly counts = { composed: 0, rebase: 0, duplicate: 0, text: 0 };

  constructor(private readonly random: Random) {}

  get head(): number {
    return this.history.length;
  }

  /** Takes the client's next frame. */
  takeUp(connection: ModelConnection): void {
    const frame = connection.up.shift();
    if (frame?.type === 'open') this.open(connection, frame.request);
    else if (frame) this.edit(connection, frame);
  }

  /** Tells what the client has not been told yet, or a part of it. */
  tell(connection: ModelConnection): void {
    if (connection.sent < 0) return;
    const { random } = this;
    if (connection.sent === this.head) {
      if (random.chance(0.2)) this.check(connection);
      return;
    }
    const to = connection.sent + 1 + random.below(this.head - connection.sent);
    if (connection.mayCompose && random.chance(0.5)) this.tellComposed(connection, to);
    else this.tellSingly(connection, to);
  }

  private open(connection: ModelConnection, { rev, seq }: OpenRequest): void {
    const acked = seq === undefined ? undefined : this.committed.get(`${connection.client}/${seq}`);
    connection.mayCompose = true;
    if (rev === undefined || this.random.chance(0.1)) {
      this.counts.text++;
      connection.down.push({ type: 'opened', rev: this.head, text: this.text });
      connection.sent = this.head;
      if (acked !== undefined) connection.down.push({ type: 'ack', seq: seq as number, rev: acked });
      return;
    }
    connection.down.push({ type: 'opened', rev: this.head, from: rev });
    connection.sent = rev;
    if (acked !== undefined && acked > rev) this.tellUpToOwn(connection, seq as number, acked);
    while (connection.sent < this.head) this.tell(connection);
  }

  private edit(connection: ModelConnection, { seq, rev, op }: Extract<Up, { type: 'op' }>): void {
    const known = this.committed.get(`${connection.client}/${seq}`);
    if (known !== undefined) {
      this.counts.duplicate++;
      connection.down.push({ type: 'ack', seq, rev: known });
      return;
    }
    if (rev < connection.composedEnd) {
      this.counts.rebase++;
      connection.mayCompose = false;
      connection.down.push({ type: 'error', code: 'rebase', seq });
      return;
    }
    if (this.random.chance(0.05)) {
      connection.down.push({ type: 'error', code: this.random.pick(['rate_limited', 'unavailable']), seq });
      return;
    }
    const mine = this.history.slice(rev).reduce((carried, other) => transform(carried, other, 'left'), op);
    this.text = apply(this.text, mine);
    this.history.push(mine);
    this.committed.set(`${connection.client}/${seq}`, this.head);
    this.tellUpToOwn(connection, seq, this.head);
    connection.mayCompose = true;
  }

  private tellUpToOwn(connection: ModelConnection, seq: number, rev: number): void {
    this.tellSingly(connection, rev - 1);
    connection.down.push({ type: 'ack', seq, rev });
    connection.sent = rev;
  }

  private tellSingly(connection: ModelConnection, to: number): void {
    for (let rev = connection.sent + 1; rev <= to; rev++) {
      connection.down.push({ type: 'op', rev, from: rev - 1, op: this.history[rev - 1] as TextOp });
    }
    connection.sent = to;
  }

  private tellComposed(connection: ModelConnection, to: number): void {
    const from = connection.sent;
    if (to - from > 1) {
      this.counts.composed++;
      connection.composedEnd = to;
    }
    const op = this.history.slice(from, to).reduce(compose, IDENTITY);
    connection.down.push({ type: 'op', rev: to, from, op });
    connection.sent = to;
  }

  private check(connection: ModelConnection): void {
    const length = countCodePoints(this.text);
    connection.down.push({ type: 'check', rev: this.head, length, crc32: crc32(this.text) });
  }
}
