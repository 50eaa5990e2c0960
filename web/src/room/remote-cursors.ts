// The others' carets in one file, at the confirmed revision.
//
// A cursor comes with the revision it is valid at: one of the past is carried
// over the operations since then, one of the future waits for them.

import { endOfEdit, transformPosition, type TextOp } from '../client/text-op';
import type { Selection } from './api';

const REMEMBERED_OPS = 200;

interface Early {
  rev: number;
  ranges: readonly Selection[];
}

interface Step {
  to: number;
  op: TextOp;
}

function carry(ranges: readonly Selection[], op: TextOp): Selection[] {
  return ranges.map(({ anchor, head }) => ({
    anchor: transformPosition(anchor, op),
    head: transformPosition(head, op),
  }));
}

export function carryAll(ranges: readonly Selection[], ops: readonly TextOp[]): readonly Selection[] {
  return ops.reduce<readonly Selection[]>(carry, ranges);
}

export class RemoteCursors {
  private readonly known = new Map<number, readonly Selection[]>();
  private readonly early = new Map<number, Early>();
  private recent: Step[] = [];
  private rev = 0;

  /** Sites with a caret, and where it is at the confirmed revision. */
  entries(): Iterable<[number, readonly Selection[]]> {
    return this.known.entries();
  }

  get isEmpty(): boolean {
    return this.known.size === 0;
  }

  received(site: number, rev: number, ranges: readonly Selection[]): void {
    this.early.delete(site);
    if (rev > this.rev) {
      this.early.set(site, { rev, ranges });
      return;
    }
    const since = this.recent.filter(({ to }) => to > rev).map(({ op }) => op);
    this.set(site, carryAll(ranges, since));
  }

  /** The confirmed text went on to `rev` by `op`. */
  confirmed(op: TextOp, rev: number, by: number | undefined): void {
    this.rev = rev;
    this.recent.push({ to: rev, op });
    if (this.recent.length > 2 * REMEMBERED_OPS) this.recent = this.recent.slice(-REMEMBERED_OPS);
    for (const [site, ranges] of this.known) this.known.set(site, carry(ranges, op));
    if (by !== undefined && !op.isIdentity) {
      const end = endOfEdit(op);
      this.known.set(by, [{ anchor: end, head: end }]);
    }
    for (const [site, { rev: wanted, ranges }] of [...this.early]) {
      if (wanted <= rev) this.received(site, wanted, ranges);
    }
  }

  /** The text came as a whole: carets stay where they are until they are told anew. */
  restarted(rev: number): void {
    this.rev = rev;
    this.recent = [];
    for (const [site, { rev: wanted, ranges }] of [...this.early]) {
      if (wanted <= rev) this.received(site, wanted, ranges);
    }
  }

  /** Forgets those that have gone; whether there were any. */
  keepOnly(isHere: (site: number) => boolean): boolean {
    const before = this.known.size;
    for (const cursors of [this.known, this.early]) {
      for (const site of [...cursors.keys()]) if (!isHere(site)) cursors.delete(site);
    }
    return this.known.size !== before;
  }

  private set(site: number, ranges: readonly Selection[]): void {
    if (ranges.length > 0) this.known.set(site, ranges);
    else this.known.delete(site);
  }
}
