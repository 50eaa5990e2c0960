// An edit of a text, in the format of ot-text-unicode: components that keep,
// insert or remove characters from left to right; what it does not reach is
// kept. On the wire a JSON array: [5, "abc", {"d": 2}].
//
// Invariants of every TextOp (held by OpBuilder, the only way to make one)
//  1. No component is empty; no two neighbours are of one kind; the last is no
//     keep.
//  2. `chars` of an insert is the number of code points of its text, counted
//     once when the text came in and carried along from then on.
//  3. Inserted text has no lone surrogate and no U+0000.
//
// The tie rule: of two insertions at one place, side 'left' stands before the
// other. What is committed later stands to the left: a client transforms its
// own pending edit as 'left' against the server's, and the server's as 'right'.

import { advance, countCodePoints, isAllowedText } from './unicode';

export type ComponentKind = 'keep' | 'insert' | 'remove';

export interface Component {
  readonly kind: ComponentKind;
  readonly chars: number;
  readonly text: string; // of an insert, else ''
}

export type Side = 'left' | 'right';
export type WireOp = (number | string | { d: number })[];

export class BadOp extends Error {}

export class TextOp {
  /** Use OpBuilder or parseOp. */
  constructor(
    readonly components: readonly Component[],
    /** Characters of the old text that it reaches: keeps and removes. */
    readonly reach: number,
    readonly inserted: number,
    readonly removed: number,
  ) {}

  get isIdentity(): boolean {
    return this.components.length === 0;
  }

  toJSON(): WireOp {
    return this.components.map((c) =>
      c.kind === 'keep' ? c.chars : c.kind === 'insert' ? c.text : { d: c.chars },
    );
  }
}

export class OpBuilder {
  private readonly components: Component[] = [];
  private heldKeep = 0; // a keep waits until something follows it
  private reach = 0;
  private inserted = 0;
  private removed = 0;

  keep(chars: number): this {
    this.heldKeep += chars;
    return this;
  }

  /** `chars`, when the caller knows the count, saves a walk over the text. */
  insert(text: string, chars = countCodePoints(text)): this {
    if (chars === 0) return this;
    this.inserted += chars;
    return this.append('insert', chars, text);
  }

  remove(chars: number): this {
    if (chars === 0) return this;
    this.removed += chars;
    return this.append('remove', chars, '');
  }

  component(c: Component): this {
    if (c.kind === 'keep') return this.keep(c.chars);
    return c.kind === 'insert' ? this.insert(c.text, c.chars) : this.remove(c.chars);
  }

  build(): TextOp {
    return new TextOp(this.components, this.reach + this.removed, this.inserted, this.removed);
  }

  private append(kind: ComponentKind, chars: number, text: string): this {
    if (this.heldKeep > 0) {
      this.components.push({ kind: 'keep', chars: this.heldKeep, text: '' });
      this.reach += this.heldKeep;
      this.heldKeep = 0;
    }
    const last = this.components[this.components.length - 1];
    if (last?.kind === kind) {
      this.components[this.components.length - 1] = {
        kind,
        chars: last.chars + chars,
        text: last.text + text,
      };
    } else {
      this.components.push({ kind, chars, text });
    }
    return this;
  }
}

export const IDENTITY: TextOp = new OpBuilder().build();

/** `removed` characters at `position` give way to `text`. */
export function replacement(position: number, removed: number, text: string): TextOp {
  return new OpBuilder().keep(position).insert(text).remove(removed).build();
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) > 0;
}

/** Reads an operation from JSON. Throws BadOp. */
export function parseOp(value: unknown): TextOp {
  if (!Array.isArray(value)) throw new BadOp('an operation is an array');
  const builder = new OpBuilder();
  for (const part of value as unknown[]) {
    if (typeof part === 'string') {
      if (part === '' || !isAllowedText(part)) throw new BadOp('text that no operation may insert');
      builder.insert(part);
    } else if (isCount(part)) {
      builder.keep(part);
    } else {
      const removed = (part as { d?: unknown } | null)?.d;
      if (!isCount(removed)) throw new BadOp('a component that is none');
      builder.remove(removed);
    }
  }
  return builder.build();
}

/** Takes an operation apart from left to right; behind its end it keeps for ever. */
class OpReader {
  private index = 0;
  private usedChars = 0;
  private usedUnits = 0;

  constructor(private readonly op: TextOp) {}

  get next(): ComponentKind | undefined {
    return this.op.components[this.index]?.kind;
  }

  /** At most `limit` characters, or all of the component if it is of the kind `whole`. */
  take(limit: number, whole?: ComponentKind): Component {
    const c = this.op.components[this.index];
    if (c === undefined) return { kind: 'keep', chars: limit, text: '' };
    const left = c.chars - this.usedChars;
    if (left <= limit || c.kind === whole) return this.takeRest(c);
    const start = this.usedUnits;
    this.usedChars += limit;
    if (c.kind !== 'insert') return { kind: c.kind, chars: limit, text: '' };
    this.usedUnits = c.text.length === c.chars ? start + limit : advance(c.text, start, limit);
    return { kind: c.kind, chars: limit, text: c.text.slice(start, this.usedUnits) };
  }

  takeAll(into: OpBuilder): void {
    for (let c = this.op.components[this.index]; c; c = this.op.components[this.index]) {
      into.component(this.takeRest(c));
    }
  }

  private takeRest(c: Component): Component {
    const rest =
      this.usedChars === 0
        ? c
        : { kind: c.kind, chars: c.chars - this.usedChars, text: c.text.slice(this.usedUnits) };
    this.index++;
    this.usedChars = 0;
    this.usedUnits = 0;
    return rest;
  }
}

/** The text after the operation. REQUIRES: op.reach <= its length. O(text + op). */
export function apply(text: string, op: TextOp): string {
  let result = '';
  let at = 0;
  for (const c of op.components) {
    if (c.kind === 'insert') {
      result += c.text;
      continue;
    }
    const end = advance(text, at, c.chars);
    if (c.kind === 'keep') result += text.slice(at, end);
    at = end;
  }
  return result + text.slice(at);
}

/** One operation that does what `first` and then `second` do. O(first + second). */
export function compose(first: TextOp, second: TextOp): TextOp {
  const result = new OpBuilder();
  const before = new OpReader(first);
  for (const c of second.components) {
    if (c.kind === 'insert') {
      result.component(c);
      continue;
    }
    for (let left = c.chars; left > 0; ) {
      const piece = before.take(left, 'remove');
      if (c.kind === 'keep' || piece.kind === 'remove') result.component(piece);
      else if (piece.kind === 'keep') result.remove(piece.chars);
      if (piece.kind !== 'remove') left -= piece.chars;
    }
  }
  before.takeAll(result);
  return result.build();
}

/** `op`, as it must be after `against` was applied to the same text. O(op + against). */
export function transform(op: TextOp, against: TextOp, side: Side): TextOp {
  const result = new OpBuilder();
  const mine = new OpReader(op);
  for (const c of against.components) {
    if (c.kind === 'insert') {
      if (side === 'left' && mine.next === 'insert') result.component(mine.take(0, 'insert'));
      result.keep(c.chars);
      continue;
    }
    for (let left = c.chars; left > 0; ) {
      const piece = mine.take(left, 'insert');
      if (c.kind === 'keep' || piece.kind === 'insert') result.component(piece);
      if (piece.kind !== 'insert') left -= piece.chars;
    }
  }
  mine.takeAll(result);
  return result.build();
}

/** Where a text can be asked for the characters that an inverse must restore. */
export interface Sliceable {
  slice(from: number, to: number): string;
}

/** The operation that takes `op` back. REQUIRES: op.reach <= length of `before`. */
export function invert(op: TextOp, before: Sliceable): TextOp {
  const result = new OpBuilder();
  let at = 0;
  for (const c of op.components) {
    if (c.kind === 'insert') {
      result.remove(c.chars);
      continue;
    }
    if (c.kind === 'keep') result.keep(c.chars);
    else result.insert(before.slice(at, at + c.chars), c.chars);
    at += c.chars;
  }
  return result.build();
}

/** Where a position is after `op`. An insertion exactly there does not move it. O(op). */
export function transformPosition(position: number, op: TextOp): number {
  let at = 0;
  let moved = position;
  for (const c of op.components) {
    if (at >= moved) break;
    if (c.kind === 'remove') {
      moved -= Math.min(c.chars, moved - at);
      continue;
    }
    at += c.chars;
    if (c.kind === 'insert') moved += c.chars;
  }
  return moved;
}

/** The position after the last change that the operation makes. REQUIRES: not the identity. */
export function endOfEdit(op: TextOp): number {
  return op.components.reduce((at, c) => (c.kind === 'remove' ? at : at + c.chars), 0);
}
