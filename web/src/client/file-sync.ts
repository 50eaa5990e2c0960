// One file as its client sees it: the state machine that keeps a local text and
// the server's in step. Pure: no timers, no I/O, no editor. Inputs are methods;
// what is to be done about them comes back as a list of effects, in order.
//
//   away ──openRequest──▶ opening ──opened──▶ catching-up ──at `rev`──▶ live
//     ▲                      ▲                     │                     │
//     └──── connectionLost ──┴─── a gap, `stale` ──┴─────────────────────┘
//
//   and, in any of them:   local text = confirmed text ∘ inFlight ∘ buffer
//
// Invariants
//  1. `text` is the server's text at revision `rev`.
//  2. An edit that has a seq keeps it, and is never merged with another: it is
//     only carried over the server's operations. Later edits go to `buffer`.
//  3. An edit is sent only when `live`, with the current revision, and not
//     again unless its answer was a refusal or its connection is gone.
//  4. Every server operation, single or composed, is crossed with the edit in
//     flight and the buffer, whole, as it came (the grouping rule).
//  5. An edit that may have reached the server in another form than it has here
//     may stand elsewhere there: behind its ack the text is asked for anew. Such
//     are one that was sent and then carried over a text, and one from before a
//     reload, which a duplicate of the tab may have carried otherwise.
//  6. No pending edit goes away without an ack or a `conflict` effect.

import { ChunkedText } from './chunked-text';
import { splitOp, type OpLimits } from './split-op';
import { apply, compose, invert, transform, type TextOp } from './text-op';
import { diff } from './text-diff';
import { crc32 } from './unicode';

export type Phase = 'away' | 'opening' | 'catching-up' | 'live';

export type ConflictReason = 'refused' | 'too-large' | 'forbidden' | 'file-gone';

export type Effect =
  | { do: 'send'; seq: number; rev: number; op: TextOp; byAi: boolean }
  | { do: 'open' } // ask for the file with openRequest()
  | { do: 'apply'; op: TextOp; by?: number | undefined } // to the local text
  | { do: 'replace'; text: string } // the local text, wherever it stands
  | { do: 'confirmed'; op: TextOp; by?: number | undefined } // `text` went on by this
  | { do: 'retry'; afterMs: number } // call retry() then
  | { do: 'diverged'; rev: number; length: number; crc32: number }
  | { do: 'conflict'; text: string; reason: ConflictReason }
  | { do: 'gone' };

interface Pending {
  op: TextOp;
  edits: number; // how many of the user's edits it holds
  byAi: boolean; // a proposal of the AI's that the user took over is in it
}

interface InFlight extends Pending {
  readonly seq: number;
  wasSent: boolean; // ever, on any connection
  isUncertain: boolean; // invariant 5
  sentBase: number | undefined; // the revision it was last sent with, on this connection
  waitsFor: 'answer' | 'next-op' | 'retry';
}

export interface OpenRequest {
  rev?: number;
  seq?: number;
}

/** What must survive a reload: the text that the pending edits stand on, and they. */
export interface PendingWork {
  rev: number;
  text: string;
  needsText?: boolean; // it may not be the server's
  inFlight?: { seq: number; op: TextOp; byAi?: boolean };
  buffer?: TextOp;
  bufferByAi?: boolean;
}

export interface ServerOp {
  rev: number;
  from: number;
  op: TextOp;
  by?: number | undefined;
}

export interface Check {
  rev: number;
  length: number;
  crc32: number;
}

const DEFAULT_RETRY_MS = 2000;

export class FileSync {
  private phase_: Phase = 'away';
  private text: ChunkedText | undefined;
  private rev_ = 0;
  private target = 0; // the revision a catch-up leads to
  private inFlight: InFlight | undefined;
  private buffer: Pending | undefined;
  private needsText = false;
  private unavailable_ = false;

  constructor(
    private readonly nextSeq: () => number,
    private readonly limits: () => OpLimits,
  ) {}

  get phase(): Phase {
    return this.phase_;
  }

  get rev(): number {
    return this.rev_;
  }

  get isOpen(): boolean {
    return this.text !== undefined;
  }

  /** The server refused for now to store edits. */
  get unavailable(): boolean {
    return this.unavailable_;
  }

  /** The user's edits that the server has not confirmed. */
  get pendingEdits(): number {
    return (this.inFlight?.edits ?? 0) + (this.buffer?.edits ?? 0);
  }

  /** The local text is the server's at `rev`. */
  get isSynchronised(): boolean {
    return this.phase_ === 'live' && !this.inFlight && !this.buffer;
  }

  /** An answer is due for an edit that is on its way. */
  get awaitsAnswer(): boolean {
    return this.inFlight?.sentBase !== undefined && this.inFlight.waitsFor === 'answer';
  }

  get inFlightSeq(): number | undefined {
    return this.inFlight?.seq;
  }

  /** Pending operations, in the order in which they follow the confirmed text. */
  get pendingOps(): TextOp[] {
    return [this.inFlight, this.buffer].flatMap((pending) => (pending ? [pending.op] : []));
  }

  get localText(): string {
    return this.pendingOps.reduce(apply, this.text?.toString() ?? '');
  }

  // --- the connection -------------------------------------------------------

  /** What `hello` or `open` must say of this file. */
  openRequest(): OpenRequest {
    this.phase_ = 'opening';
    const request: OpenRequest = {};
    if (this.text && !this.needsText) request.rev = this.rev_;
    if (this.inFlight) request.seq = this.inFlight.seq;
    return request;
  }

  connectionLost(): void {
    this.phase_ = 'away';
    this.unavailable_ = false;
    this.unsend();
  }

  openedFrom(from: number, rev: number): Effect[] {
    if (this.phase_ !== 'opening') return [];
    if (!this.text || from !== this.rev_ || this.needsText) return this.reopenWithText();
    this.unsend();
    this.target = rev;
    this.phase_ = 'catching-up';
    return this.advanceTo(this.rev_);
  }

  /** The server's text instead of operations: pending edits are carried to it. */
  openedWithText(rev: number, text: string): Effect[] {
    if (this.phase_ === 'away') return [];
    if (this.text && this.pendingEdits > 0) this.carryPendingOverText(this.text.toString(), text);
    this.text = new ChunkedText(text);
    this.rev_ = rev;
    this.needsText = false;
    this.unsend();
    this.phase_ = 'live';
    return [{ do: 'replace', text: this.localText }, ...this.send()];
  }

  // --- edits ----------------------------------------------------------------

  /** REQUIRES: isOpen, and `op` fits the local text. `byAi`: it was proposed by the AI. */
  localEdit(op: TextOp, byAi = false): Effect[] {
    if (op.isIdentity) return [];
    this.buffer = this.buffer
      ? { op: compose(this.buffer.op, op), edits: this.buffer.edits + 1, byAi: this.buffer.byAi || byAi }
      : { op, edits: 1, byAi };
    return this.send();
  }

  serverOp(incoming: ServerOp): Effect[] {
    if (!this.follows() || incoming.rev <= this.rev_) return [];
    if (incoming.from !== this.rev_) return this.reopen();
    if (!this.text || incoming.op.reach > this.text.length) return this.reopenWithText();
    const local = this.carryPending(incoming.op);
    this.text.apply(incoming.op);
    if (this.inFlight?.waitsFor === 'next-op') this.inFlight.sentBase = undefined;
    const effects: Effect[] = [{ do: 'confirmed', op: incoming.op, by: incoming.by }];
    if (!local.isIdentity) effects.push({ do: 'apply', op: local, by: incoming.by });
    return [...effects, ...this.advanceTo(incoming.rev)];
  }

  ack(seq: number, rev: number): Effect[] {
    if (!this.follows() || !this.text || this.inFlight?.seq !== seq) return [];
    if (rev > this.rev_ + 1) return this.reopen();
    this.unavailable_ = false;
    if (rev <= this.rev_) return [...this.takeBackInFlight(), ...this.send()];
    const { op, isUncertain } = this.inFlight;
    this.text.apply(op);
    this.inFlight = undefined;
    this.rev_ = rev;
    const next = isUncertain ? this.reopenWithText() : this.advanceTo(rev);
    return [{ do: 'confirmed', op }, ...next];
  }

  /** An error about this file; `seq` when it is about an edit. */
  failed(code: string, seq: number | undefined, retryMs: number | undefined): Effect[] {
    if (this.phase_ === 'away' || (seq !== undefined && seq !== this.inFlight?.seq)) return [];
    const isOfEdit = seq !== undefined;
    if (!isOfEdit && this.phase_ !== 'opening' && code !== 'unavailable') return [];
    switch (code) {
      case 'rebase':
        return this.rebase();
      case 'rate_limited':
      case 'unavailable':
      case 'internal':
        if (isOfEdit && this.inFlight) this.inFlight.waitsFor = 'retry';
        if (code === 'unavailable') this.unavailable_ = true;
        return [{ do: 'retry', afterMs: retryMs ?? DEFAULT_RETRY_MS }];
      case 'stale':
        return this.reopenWithText();
      case 'unknown_file':
        return this.gone();
      default:
        return isOfEdit ? this.refused(code) : this.gone();
    }
  }

  /** The wait that a `retry` effect asked for is over. */
  retry(): Effect[] {
    if (this.phase_ === 'opening') return [{ do: 'open' }];
    if (this.inFlight?.waitsFor !== 'retry') {
      this.unavailable_ = false;
      return [];
    }
    this.inFlight.sentBase = undefined;
    return this.send();
  }

  check(expected: Check): Effect[] {
    if (!this.follows() || !this.text || expected.rev !== this.rev_) return [];
    const { length } = this.text;
    const sum = crc32(this.text.toString());
    if (length === expected.length && sum === expected.crc32) return [];
    const mine: Effect = { do: 'diverged', rev: this.rev_, length, crc32: sum };
    return [mine, ...this.reopenWithText()];
  }

  /** The file is no more: what was not saved is handed to the user. */
  gone(): Effect[] {
    const effects: Effect[] = this.conflict('file-gone');
    this.inFlight = this.buffer = undefined;
    this.phase_ = 'away';
    return [...effects, { do: 'gone' }];
  }

  // --- a reload -------------------------------------------------------------

  get pendingWork(): PendingWork | undefined {
    if (!this.text || this.pendingEdits === 0) return undefined;
    const work: PendingWork = { rev: this.rev_, text: this.text.toString() };
    if (this.needsText) work.needsText = true;
    if (this.inFlight) {
      const { seq, op, byAi } = this.inFlight;
      work.inFlight = byAi ? { seq, op, byAi } : { seq, op };
    }
    if (this.buffer) work.buffer = this.buffer.op;
    if (this.buffer?.byAi) work.bufferByAi = true;
    return work;
  }

  /** REQUIRES: fresh. */
  restore(work: PendingWork): void {
    this.text = new ChunkedText(work.text);
    this.rev_ = work.rev;
    this.needsText = work.needsText ?? false;
    if (work.inFlight) {
      this.inFlight = {
        ...work.inFlight,
        byAi: work.inFlight.byAi ?? false,
        edits: 1,
        wasSent: true,
        isUncertain: true,
        sentBase: undefined,
        waitsFor: 'answer',
      };
    }
    if (work.buffer) this.buffer = { op: work.buffer, edits: 1, byAi: work.bufferByAi ?? false };
  }

  // --- inside ---------------------------------------------------------------

  private follows(): boolean {
    return this.phase_ === 'live' || this.phase_ === 'catching-up';
  }

  private advanceTo(rev: number): Effect[] {
    this.rev_ = rev;
    if (this.phase_ === 'catching-up' && rev >= this.target) this.phase_ = 'live';
    return this.send();
  }

  /** Sends what may be sent now: the edit in flight again, or the next one. */
  private send(): Effect[] {
    if (this.phase_ !== 'live') return [];
    if (!this.inFlight) this.promoteBuffer();
    const edit = this.inFlight;
    if (!edit || edit.sentBase !== undefined) return [];
    edit.sentBase = this.rev_;
    edit.wasSent = true;
    edit.waitsFor = 'answer';
    return [{ do: 'send', seq: edit.seq, rev: this.rev_, op: edit.op, byAi: edit.byAi }];
  }

  private promoteBuffer(): void {
    const whole = this.buffer;
    this.buffer = undefined;
    if (!whole || whole.op.isIdentity) return;
    const [op, rest] = splitOp(whole.op, this.limits());
    if (rest) this.buffer = { op: rest, edits: whole.edits, byAi: whole.byAi };
    this.inFlight = {
      seq: this.nextSeq(),
      op,
      edits: rest ? 0 : whole.edits,
      byAi: whole.byAi,
      wasSent: false,
      isUncertain: false,
      sentBase: undefined,
      waitsFor: 'answer',
    };
  }

  private unsend(): void {
    if (!this.inFlight) return;
    this.inFlight.sentBase = undefined;
    this.inFlight.waitsFor = 'answer';
  }

  /** Crosses the pending edits with an operation on the confirmed text; returns it on the local. */
  private carryPending(op: TextOp): TextOp {
    let carried = op;
    for (const pending of [this.inFlight, this.buffer]) {
      if (!pending) continue;
      const mine = transform(pending.op, carried, 'left');
      carried = transform(carried, pending.op, 'right');
      pending.op = mine;
    }
    return carried;
  }

  private carryPendingOverText(before: string, after: string): void {
    const change = diff(before, after);
    this.carryPending(change);
    if (this.inFlight?.wasSent && !change.isIdentity) this.inFlight.isUncertain = true;
  }

  /** The server's text turns out to hold the edit in flight already: it leaves the local text. */
  private takeBackInFlight(): Effect[] {
    if (!this.inFlight || !this.text) return [];
    let back = invert(this.inFlight.op, this.text);
    this.inFlight = undefined;
    if (this.buffer) {
      const mine = transform(this.buffer.op, back, 'left');
      back = transform(back, this.buffer.op, 'right');
      this.buffer.op = mine;
    }
    return back.isIdentity ? [] : [{ do: 'apply', op: back }];
  }

  private rebase(): Effect[] {
    const edit = this.inFlight;
    if (edit?.sentBase === undefined) return [];
    if (edit.sentBase === this.rev_) {
      edit.waitsFor = 'next-op'; // the operation that it met is still on its way
      return [];
    }
    edit.sentBase = undefined;
    return this.send();
  }

  private refused(code: string): Effect[] {
    const reason =
      code === 'too_large' ? 'too-large' : code === 'forbidden' ? 'forbidden' : 'refused';
    const effects = this.conflict(reason);
    this.inFlight = this.buffer = undefined;
    if (this.text) effects.push({ do: 'replace', text: this.text.toString() });
    return [...effects, ...this.reopenWithText()];
  }

  private conflict(reason: ConflictReason): Effect[] {
    return this.pendingEdits > 0 ? [{ do: 'conflict', text: this.localText, reason }] : [];
  }

  private reopen(): Effect[] {
    this.phase_ = 'opening';
    return [{ do: 'open' }];
  }

  private reopenWithText(): Effect[] {
    this.needsText = true;
    return this.reopen();
  }
}

