// What has been done and seen in a simulated world, for the oracle.
//
// Everything that somebody types holds a mark: one character that occurs nowhere
// else. Where the marks end up tells what became of the edits, whatever else
// happened to the text.

import { createHash } from 'node:crypto';

export interface Mark {
  readonly tab: number;
  readonly file: number | undefined; // the id of the file that it was typed in
  readonly typedUs: number;
  isDeleted: boolean; // somebody selected it and deleted it
  mayBeTwice: boolean; // see `copied`
  excuse: string | undefined; // why it may be missing
}

export interface Said {
  readonly tab: number;
  excuse: string | undefined;
}

export interface Ack {
  readonly client: string;
  readonly seq: number;
  readonly rev: number;
}

// Of two, three and four bytes of UTF-8; the last are two UTF-16 units each.
const MARKS: readonly { first: number; count: number }[] = [
  { first: 0x400, count: 1000 },
  { first: 0x4e00, count: 20_000 },
  { first: 0x20000, count: 40_000 },
];

export function isMark(character: string): boolean {
  const point = character.codePointAt(0) as number;
  return MARKS.some(({ first, count }) => point >= first && point < first + count);
}

export function marksIn(text: string): string[] {
  return [...text].filter(isMark);
}

/** How the server keeps a client's id. */
export function digestOf(client: string): string {
  return createHash('sha256').update(client).digest('hex').slice(0, 32);
}

export class Ledger {
  readonly marks = new Map<string, Mark>();
  readonly said = new Map<string, Said>();
  readonly acks: Ack[] = [];
  readonly gone = new Set<number>(); // ids of files that somebody was told to be gone
  readonly faults: string[] = [];
  readonly conflicts = new Map<number, string[]>(); // texts that were handed out, by tab
  readonly counts = {
    edits: 0, connections: 0, pageLoads: 0, composed: 0, rebases: 0, renames: 0, gone: 0, conflicts: 0, checks: 0,
    copies: 0,
  };
  private readonly used = MARKS.map(() => 0);
  private readonly insertedBy = new Map<string, string>(); // by client and number
  private readonly chatBy = new Map<string, string>();

  blame(fault: string): void {
    if (this.faults.length < 10) this.faults.push(fault);
  }

  blameIf(isWrong: boolean, fault: string): void {
    if (isWrong) this.blame(fault);
  }

  /** A new mark, of the given width. */
  mark(width: number, tab: number, typedUs: number, file: number | undefined): string {
    const kind = MARKS.findIndex(({ count }, index) => index >= width && (this.used[index] as number) < count);
    const character = String.fromCodePoint((MARKS[kind]?.first as number) + (this.used[kind] as number));
    this.used[kind] = (this.used[kind] as number) + 1;
    this.marks.set(character, { tab, file, typedUs, isDeleted: false, mayBeTwice: false, excuse: undefined });
    return character;
  }

  deleted(text: string): void {
    for (const character of marksIn(text)) (this.marks.get(character) as Mark).isDeleted = true;
  }

  /**
   * A tab was duplicated with this in its storage. What is in flight has a number
   * by which the server knows it again; what is in a buffer gets one in each tab.
   */
  copied(stored: Iterable<string>): void {
    this.counts.copies++;
    for (const json of stored) {
      const { files } = JSON.parse(json) as { files: [string, { buffer?: unknown }][] };
      for (const [, { buffer }] of files) {
        for (const mark of marksIn(JSON.stringify(buffer ?? []))) (this.marks.get(mark) as Mark).mayBeTwice = true;
      }
    }
  }

  conflict(tab: number, text: string): void {
    this.counts.conflicts++;
    this.conflicts.set(tab, [...(this.conflicts.get(tab) ?? []), text]);
  }

  /** A number names one edit for ever: whatever it is carried over, it inserts the same. */
  sendsEdit(client: string, seq: number, op: readonly unknown[]): void {
    const inserted = op.filter((part) => typeof part === 'string').join('');
    const name = `${client}/${seq}`;
    const before = this.insertedBy.get(name);
    if (before === undefined) this.counts.edits++;
    this.blameIf(before !== undefined && before !== inserted, `edit ${name} was "${before}" and is "${inserted}"`);
    this.insertedBy.set(name, inserted);
  }

  sendsChat(client: string, id: number, text: string): void {
    const name = `${client}/${id}`;
    this.blameIf((this.chatBy.get(name) ?? text) !== text, `chat message ${name} has two texts`);
    this.chatBy.set(name, text);
  }
}
