// A change that the AI has proposed, carried over what has happened in the file
// since, until a person takes it over or not. Pure.

import { transform, type TextOp } from '../client/text-op';

/** From the first to the last character of the old text that an operation changes. */
interface Span {
  readonly from: number;
  readonly to: number;
}

function spansOf(op: TextOp): Span[] {
  const spans: Span[] = [];
  let at = 0;
  for (const { kind, chars: length } of op.components) {
    if (kind === 'insert') spans.push({ from: at, to: at });
    if (kind === 'remove') spans.push({ from: at, to: at + length });
    if (kind !== 'insert') at += length;
  }
  return spans;
}

function touch(a: Span, b: Span): boolean {
  return a.from <= b.to && b.from <= a.to;
}

export class CarriedProposal {
  private op_: TextOp | undefined;
  private waiting: TextOp[] | undefined;

  constructor(op: TextOp) {
    this.op_ = op;
  }

  /** Undefined: what it was about has changed meanwhile. */
  get op(): TextOp | undefined {
    return this.op_;
  }

  /** There are earlier edits that are not known yet: what is told of later ones waits for them. */
  expectEarlier(): void {
    this.waiting ??= [];
  }

  earlierWere(ops: readonly TextOp[]): void {
    const later = this.waiting ?? [];
    this.waiting = undefined;
    for (const op of [...ops, ...later]) this.edited(op);
  }

  /** Somebody, also the user, has edited the text. */
  edited(by: TextOp): void {
    if (!this.op_) return;
    if (this.waiting) {
      this.waiting.push(by);
      return;
    }
    const mine = spansOf(this.op_);
    const theirs = spansOf(by);
    const collides = mine.some((a) => theirs.some((b) => touch(a, b)));
    this.op_ = collides ? undefined : transform(this.op_, by, 'left');
  }
}
