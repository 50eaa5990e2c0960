// The carets and selections of the others in one file.
//
// Invariants
//  1. `ranges` are positions in the confirmed text (FileSync.text); every
//     operation that is confirmed moves them. For display they are carried over
//     the pending edits besides.
//  2. A cursor from the future waits until its revision is reached; one from the
//     past is carried over the recent operations, or forgotten if they are gone.

import type { Range } from './messages';
import { endOfEdit, transformPosition, type TextOp } from './text-op';

const RECENT_OPS = 200;

export interface PeerCursor {
  site: number;
  ranges: Range[];
}

interface RecentOp {
  from: number;
  op: TextOp;
}

export function carryRanges(ranges: readonly Range[], op: TextOp): Range[] {
  return ranges.map(([anchor, head]) => [
    transformPosition(anchor, op),
    transformPosition(head, op),
  ]);
}

export class PeerCursors {
  private readonly cursors = new Map<number, Range[]>();
  private readonly early = new Map<number, { rev: number; ranges: Range[] }>();
  private recent: RecentOp[] = [];

  /** A cursor message; `current` is the revision of the confirmed text. */
  set(site: number, rev: number, ranges: Range[], current: number): void {
    this.early.delete(site);
    if (rev > current) {
      this.early.set(site, { rev, ranges });
      return;
    }
    const since = this.recent.filter((step) => step.from >= rev);
    const isCovered = rev === current || since[0]?.from === rev;
    if (ranges.length === 0 || !isCovered) this.cursors.delete(site);
    else this.cursors.set(site, since.reduce((moved, step) => carryRanges(moved, step.op), ranges));
  }

  remove(site: number): void {
    this.cursors.delete(site);
    this.early.delete(site);
  }

  clear(): void {
    this.cursors.clear();
    this.early.clear();
    this.recent = [];
  }

  /** The confirmed text went from one revision to another; `by` whom, if one peer did it. */
  confirmed(from: number, to: number, op: TextOp, by: number | undefined): void {
    this.recent.push({ from, op });
    if (this.recent.length > RECENT_OPS) this.recent = this.recent.slice(-RECENT_OPS / 2);
    for (const [site, ranges] of this.cursors) this.cursors.set(site, carryRanges(ranges, op));
    if (by !== undefined && this.cursors.has(by) && !op.isIdentity) {
      const end = endOfEdit(op);
      this.cursors.set(by, [[end, end]]);
    }
    for (const [site, early] of this.early) {
      if (early.rev <= to) this.set(site, early.rev, early.ranges, to);
    }
  }

  /** Where they are in the local text. */
  shown(pending: readonly TextOp[]): PeerCursor[] {
    return [...this.cursors].map(([site, ranges]) => ({
      site,
      ranges: pending.reduce<Range[]>(carryRanges, ranges),
    }));
  }
}
