// What survives a reload: the client's identity and the edits that the server
// has not confirmed. Kept only while there are such edits; otherwise every page
// load is a new client.
//
// Invariants
//  1. What is kept is written before an edit is sent: an edit that may have
//     reached the server is never restored under another number.
//  2. A number names one edit or message for ever. A duplicated tab starts with
//     a copy of what is kept, so whoever restores leaves a gap in the numbers:
//     one of its own, for both tabs may do so.
//  3. What one account has typed is never sent by another: each has a place of
//     its own. A guest has no account; the first one to sign in after that in
//     the same tab is taken for the same person.

import { parseOp } from '../client/text-op';
import type { PendingWork } from '../client/file-sync';
import type { FileRef, KeyValueStore } from './api';

const LONGEST_KEPT_TEXT = 1_000_000; // UTF-16 units
const LEAST_GAP = 1000;
const GAPS = 2 ** 32; // two tabs hardly choose the same; two million reloads fit into a number

interface Kept {
  client: string;
  next: number;
  files: [string, KeptWork][];
}

interface KeptWork {
  id?: number;
  rev: number;
  text: string;
  needsText?: boolean;
  inFlight?: { seq: number; op: unknown; byAi?: boolean };
  buffer?: unknown;
  bufferByAi?: boolean;
}

/** A file's pending work. */
export interface FileWork extends FileRef {
  readonly work: PendingWork;
}

function readWork(kept: KeptWork): PendingWork {
  if (typeof kept.text !== 'string' || !Number.isSafeInteger(kept.rev)) throw new TypeError();
  const work: PendingWork = { rev: kept.rev, text: kept.text };
  if (kept.needsText === true) work.needsText = true;
  if (kept.inFlight) {
    const { seq, op, byAi } = kept.inFlight;
    work.inFlight = byAi === true ? { seq, op: parseOp(op), byAi } : { seq, op: parseOp(op) };
  }
  if (kept.buffer) work.buffer = parseOp(kept.buffer);
  if (kept.bufferByAi === true) work.bufferByAi = true;
  return work;
}

function readFile([file, kept]: [string, KeptWork]): FileWork {
  return { file, id: Number.isSafeInteger(kept.id) ? kept.id : undefined, work: readWork(kept) };
}

export class Outbox {
  private client_: string;
  private next = 1;
  private restored: FileWork[] = [];

  constructor(
    private readonly store: KeyValueStore,
    private readonly guestKey: string,
    private owner_: string | undefined,
    private readonly newClientId: () => string,
    private readonly random: () => number,
  ) {
    this.client_ = newClientId();
    if (owner_ !== undefined) this.moveFromGuest();
    this.restore();
  }

  get owner(): string | undefined {
    return this.owner_;
  }

  /** REQUIRES: it was a guest's. */
  belongsTo(owner: string): void {
    this.owner_ = owner;
    this.moveFromGuest();
  }

  private get key(): string {
    return this.owner_ === undefined ? this.guestKey : `${this.guestKey}:${this.owner_}`;
  }

  private moveFromGuest(): void {
    const kept = this.store.get(this.guestKey);
    if (kept === null || this.store.get(this.key) !== null) return;
    this.store.remove(this.guestKey); // first: there may be room for it once only
    try {
      this.store.set(this.key, kept);
    } catch {
      // full: as with all that does not fit, a reload does not find it
    }
  }

  get client(): string {
    return this.client_;
  }

  /** The next number of an edit or a chat message. */
  nextNumber(): number {
    return this.next++;
  }

  /** Hands out what was kept over a reload, once. */
  takeRestored(): FileWork[] {
    return this.restored.splice(0);
  }

  /** REQUIRES: nothing is pending under the old identity. */
  becomeAnother(): void {
    this.client_ = this.newClientId();
    this.next = 1;
    this.store.remove(this.key);
  }

  /** REQUIRES: what was restored has been taken, and is among it if it is still pending. */
  save(pending: readonly FileWork[]): void {
    const files = pending
      .filter(({ work }) => work.text.length <= LONGEST_KEPT_TEXT)
      .map(({ file, id, work }) => [file, { id, ...work }]);
    if (files.length === 0) {
      this.store.remove(this.key);
      return;
    }
    try {
      this.store.set(this.key, JSON.stringify({ client: this.client_, next: this.next, files }));
    } catch {
      this.store.remove(this.key); // full: what is there is out of date
    }
  }

  private restore(): void {
    const json = this.store.get(this.key);
    if (json === null) return;
    try {
      const kept = JSON.parse(json) as Kept;
      const restored = kept.files.map(readFile);
      if (!/^[\w-]{1,64}$/.test(kept.client) || !Number.isSafeInteger(kept.next)) return;
      this.client_ = kept.client;
      this.next = kept.next + LEAST_GAP + Math.floor(this.random() * GAPS);
      this.restored = restored;
    } catch {
      this.store.remove(this.key); // from another version, or not ours
    }
  }
}
