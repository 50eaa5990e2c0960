// What a tab keeps of a room so that a reload loses nothing and doubles
// nothing: the private client id, the numbers that were given out, and, while
// edits are pending, the texts they stand on with the edits.
//
// Invariants
//  1. A number is stored before it is used: none is given out twice.
//  2. Pending work is restored only to the client id it belongs to, and only if no
//     number was given out after it was written: what a later edit took along
//     must not come a second time.

import type { PendingWork } from './file-sync';
import { parseOp } from './text-op';

export interface KeyValueStore {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

export interface UnsentChat {
  id: number;
  text: string;
}

export interface RoomMemory {
  files: Map<string, PendingWork>;
  chat: UnsentChat[];
}

interface Identity {
  client: string;
  seq: number;
  chat: number;
}

const MOST_TEXT_UNITS = 1 << 20; // of a file that is kept with its pending edits

export function makeClientId(random: (bytes: Uint8Array) => Uint8Array): string {
  const bytes = random(new Uint8Array(20));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

export class Outbox {
  private identity: Identity;

  constructor(
    private readonly store: KeyValueStore,
    private readonly room: string,
    private readonly newClientId: () => string,
  ) {
    this.identity = this.readIdentity() ?? { client: newClientId(), seq: 0, chat: 0 };
    this.writeIdentity();
  }

  get client(): string {
    return this.identity.client;
  }

  /** The last number that was given out. */
  get lastSeq(): number {
    return this.identity.seq;
  }

  /** Somebody else uses this id (a tab that was duplicated): take a new one, with no work. */
  startAnew(): void {
    this.identity = { client: this.newClientId(), seq: 0, chat: 0 };
    this.writeIdentity();
    this.forget(this.workKey);
  }

  nextSeq(): number {
    this.identity.seq++;
    this.writeIdentity();
    return this.identity.seq;
  }

  nextChatId(): number {
    this.identity.chat++;
    this.writeIdentity();
    return this.identity.chat;
  }

  save(memory: RoomMemory): void {
    if (memory.files.size === 0 && memory.chat.length === 0) {
      this.forget(this.workKey);
      return;
    }
    const files = [...memory.files].filter(([, work]) => work.text.length <= MOST_TEXT_UNITS);
    const { client, seq } = this.identity;
    this.write(this.workKey, { client, seq, files, chat: memory.chat });
  }

  load(): RoomMemory {
    const memory: RoomMemory = { files: new Map(), chat: [] };
    const stored = this.read(this.workKey) as StoredWork | undefined;
    if (stored?.client !== this.identity.client) return memory;
    try {
      memory.chat = stored.chat;
      if (stored.seq !== this.identity.seq) return memory;
      for (const [name, work] of stored.files) memory.files.set(name, reread(work));
    } catch {
      this.forget(this.workKey);
    }
    return memory;
  }

  private get identityKey(): string {
    return `tandem.identity.${this.room}`;
  }

  private get workKey(): string {
    return `tandem.work.${this.room}`;
  }

  private readIdentity(): Identity | undefined {
    const stored = this.read(this.identityKey) as Partial<Identity> | undefined;
    if (typeof stored?.client !== 'string' || !Number.isSafeInteger(stored.seq)) return undefined;
    return { client: stored.client, seq: stored.seq as number, chat: stored.chat ?? 0 };
  }

  private writeIdentity(): void {
    this.write(this.identityKey, this.identity);
  }

  private read(key: string): unknown {
    try {
      return JSON.parse(this.store.getItem(key) ?? 'null') ?? undefined;
    } catch {
      return undefined;
    }
  }

  /** Storage may be full or forbidden: then a reload cannot restore, and the page warns of it. */
  private write(key: string, value: unknown): void {
    try {
      this.store.setItem(key, JSON.stringify(value));
    } catch {
      this.forget(key);
    }
  }

  private forget(key: string): void {
    try {
      this.store.removeItem(key);
    } catch {
      return;
    }
  }
}

interface StoredFile {
  rev: number;
  text: string;
  inFlight?: { seq: number; op: unknown };
  buffer?: unknown;
}

interface StoredWork {
  client: string;
  seq: number;
  files: [string, StoredFile][];
  chat: UnsentChat[];
}

function reread(stored: StoredFile): PendingWork {
  const work: PendingWork = { rev: stored.rev, text: stored.text };
  if (stored.inFlight) {
    work.inFlight = { seq: stored.inFlight.seq, op: parseOp(stored.inFlight.op) };
  }
  if (stored.buffer) work.buffer = parseOp(stored.buffer);
  return work;
}
