// A followed file: its state machine, the view that shows it (an editor, or
// none), the others' carets in it and the user's own. It turns the effects of
// FileSync into calls on the view and messages to the room.

import type { Check, ConflictReason, Effect, PendingWork, ServerOp } from './file-sync';
import { FileSync } from './file-sync';
import type { OpLimits } from './split-op';
import type { Range } from './messages';
import type { TextOp } from './text-op';
import { carryRanges, PeerCursors, type PeerCursor } from './peer-cursors';

/** What shows the local text. Calls of it are never edits of the user. */
export interface FileView {
  applyRemote(op: TextOp, by: number | undefined): void;
  replaceText(text: string): void;
  /** The text that the user sees, to compare it with the server's. */
  currentText(): string;
}

export interface FileOwner {
  nextSeq(): number;
  opLimits(): OpLimits;
  send(message: object): void;
  after(ms: number, task: () => void): void;
  changed(file: RoomFile): void; // pending edits, phase, revision
  cursorsChanged(file: RoomFile): void;
  conflict(file: RoomFile, text: string, reason: ConflictReason): void;
  gone(file: RoomFile): void;
  now(): number;
}

export class RoomFile {
  readonly sync: FileSync;
  readonly cursors = new PeerCursors();
  language = 'plaintext';
  /** When the edit that is on its way was sent. */
  sentAt: number | undefined;
  private view: FileView | undefined;
  private ownRanges: Range[] = []; // in the local text
  private shownToOthers: Range[] | undefined; // where they see them now

  constructor(
    public name: string,
    private readonly owner: FileOwner,
  ) {
    this.sync = new FileSync(
      () => owner.nextSeq(),
      () => owner.opLimits(),
    );
  }

  /** Shows the local text in `view` from now on. */
  attach(view: FileView): void {
    this.view = view;
    if (this.sync.isOpen) view.replaceText(this.sync.localText);
  }

  detach(): void {
    this.view = undefined;
  }

  get peerCursors(): PeerCursor[] {
    return this.cursors.shown(this.sync.pendingOps);
  }

  restore(work: PendingWork): void {
    this.sync.restore(work);
  }

  openEntry(): { file: string; rev?: number; seq?: number } {
    return { file: this.name, ...this.sync.openRequest() };
  }

  edit(op: TextOp): void {
    this.ownRanges = carryRanges(this.ownRanges, op);
    this.shownToOthers = undefined;
    this.perform(this.sync.localEdit(op));
    this.owner.cursorsChanged(this);
  }

  opened(rev: number, language: string, text: string | undefined, from: number | undefined): void {
    this.language = language;
    this.shownToOthers = undefined;
    if (text !== undefined) {
      this.cursors.clear();
      this.perform(this.sync.openedWithText(rev, text));
    } else if (from !== undefined) {
      this.perform(this.sync.openedFrom(from, rev));
    }
    this.owner.cursorsChanged(this);
  }

  serverOp(op: ServerOp): void {
    this.step(() => this.sync.serverOp(op));
  }

  ack(seq: number, rev: number): void {
    this.step(() => this.sync.ack(seq, rev));
  }

  failed(code: string, seq: number | undefined, retryMs: number | undefined): void {
    this.perform(this.sync.failed(code, seq, retryMs));
  }

  /** Something of the server's could not be read: start from its text. */
  unreadable(): void {
    this.failed('stale', this.sync.inFlightSeq, undefined);
  }

  connectionLost(): void {
    this.sync.connectionLost();
    this.cursors.clear();
    this.sentAt = undefined;
    this.shownToOthers = undefined;
    this.owner.changed(this);
    this.owner.cursorsChanged(this);
  }

  vanished(): void {
    this.perform(this.sync.gone());
  }

  check(expected: Check): void {
    const before = this.sync.phase;
    this.perform(this.sync.check(expected));
    const isFound = this.sync.phase !== before;
    const view = this.view;
    if (isFound || !view || expected.rev !== this.sync.rev || !this.sync.isSynchronised) return;
    const text = this.sync.localText;
    if (view.currentText() !== text) view.replaceText(text);
  }

  /** The user's selections, in the local text. */
  setOwnRanges(ranges: Range[]): void {
    this.ownRanges = ranges;
  }

  /** The cursor message that is due, if it is due and may be sent. */
  takeCursorMessage(): object | undefined {
    if (!this.sync.isSynchronised) return undefined;
    if (JSON.stringify(this.shownToOthers) === JSON.stringify(this.ownRanges)) return undefined;
    this.shownToOthers = this.ownRanges;
    return { type: 'cursor', file: this.name, rev: this.sync.rev, ranges: this.ownRanges };
  }

  /** Another file has the user's caret now. */
  forgetCursor(): void {
    this.shownToOthers = undefined;
  }

  private step(input: () => Effect[]): void {
    const from = this.sync.rev;
    const effects = input();
    const to = this.sync.rev;
    for (const effect of effects) {
      if (effect.do !== 'confirmed') continue;
      this.cursors.confirmed(from, to, effect.op, effect.by);
      if (this.shownToOthers) this.shownToOthers = carryRanges(this.shownToOthers, effect.op);
    }
    this.perform(effects);
    this.owner.cursorsChanged(this);
  }

  private perform(effects: Effect[]): void {
    for (const effect of effects) this.performOne(effect);
    if (!this.sync.awaitsAnswer) this.sentAt = undefined;
    this.owner.changed(this);
  }

  private performOne(effect: Effect): void {
    const { owner, name: file } = this;
    switch (effect.do) {
      case 'send':
        this.sentAt = owner.now();
        owner.send({ type: 'op', file, rev: effect.rev, seq: effect.seq, op: effect.op });
        break;
      case 'open':
        owner.send({ type: 'open', ...this.openEntry() });
        break;
      case 'apply':
        this.ownRanges = carryRanges(this.ownRanges, effect.op);
        this.view?.applyRemote(effect.op, effect.by);
        break;
      case 'replace':
        this.view?.replaceText(effect.text);
        break;
      case 'retry':
        owner.after(effect.afterMs, () => this.perform(this.sync.retry()));
        break;
      case 'diverged': {
        const { rev, length, crc32 } = effect;
        owner.send({ type: 'diverged', file, rev, length, crc32 });
        break;
      }
      case 'conflict':
        owner.conflict(this, effect.text, effect.reason);
        break;
      case 'gone':
        owner.gone(this);
        break;
      case 'confirmed':
        break; // the carets have been moved in step()
    }
  }
}
