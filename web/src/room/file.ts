// A file of a room: FileSync with frames below it and events above it.
//
// Invariants
//  1. Effects are carried out in order, one list after the other, also when a
//     listener edits the file from inside an event.
//  2. The own selection is told only when the local text is the server's text:
//     positions in a text that nobody else has would mean nothing. And only by
//     who may show a cursor.
//  3. Once it has an id it keeps it: what it says is about that file, whatever
//     the name has come to stand for.

import { FileSync, type ConflictReason, type Effect } from '../client/file-sync';
import type { OpLimits } from '../client/split-op';
import type { TextOp } from '../client/text-op';
import { countCodePoints } from '../client/unicode';
import type {
  Clock, FileEvents, FileRef, Peer, PeerCursor, RoomFile, RoomFileInfo, Selection,
} from './api';
import { TypedEmitter } from './emitter';
import type { Opened, ServerError, ServerMessage } from './messages';
import type { FileWork } from './outbox';
import { carryAll, RemoteCursors } from './remote-cursors';
import { mayComment } from './roles';

const SELECTION_PAUSE_MS = 100;
const MAX_SELECTIONS = 100;

export interface FileHost {
  readonly clock: Clock;
  readonly isOnline: boolean;
  readonly mayEdit: boolean;
  readonly mayShowCursor: boolean;
  send(message: object): void;
  peer(site: number): Peer | undefined;
  nextNumber(): number;
  limits(): OpLimits;
  /** An edit is about to be sent: keep the pending work. */
  beforeEditIsSent(): void;
  /** Pending edits may be more, fewer or others. */
  pendingChanged(): void;
  /** The user's text that the server would not take. */
  conflict(file: string, text: string, reason: ConflictReason): void;
  /** It is followed no longer. */
  finished(file: FileClient): void;
}

type FileMessage = Extract<ServerMessage, { type: 'op' | 'ack' | 'check' | 'cursor' | 'opened' }>;

export class FileClient extends TypedEmitter<FileEvents> implements RoomFile {
  private readonly sync: FileSync;
  private readonly remote = new RemoteCursors();
  private name_: string;
  private id_: number | undefined;
  private language_ = '';
  private localLength = 0;
  private isClosing = false;
  private isFinished = false;
  private queue: Effect[] = [];
  private isRunning = false;
  private retryTimer: unknown;
  private selection: readonly Selection[] = [];
  private selectionIsNews = false;
  private selectionTimer: unknown;
  private lastSelectionAt = -Infinity;

  constructor(
    { file, id, work }: FileRef & Partial<FileWork>,
    private readonly host: FileHost,
  ) {
    super();
    this.name_ = file;
    this.id_ = id;
    this.sync = new FileSync(
      () => host.nextNumber(),
      () => host.limits(),
    );
    if (!work) return;
    this.sync.restore(work);
    this.localLength = countCodePoints(this.sync.localText);
    this.remote.restarted(work.rev);
  }

  get name(): string {
    return this.name_;
  }

  get id(): number | undefined {
    return this.id_;
  }

  get ref(): FileRef {
    return { file: this.name_, id: this.id_ };
  }

  get language(): string {
    return this.language_;
  }

  get isOpen(): boolean {
    return this.sync.isOpen;
  }

  get mayEdit(): boolean {
    return this.host.mayEdit;
  }

  get localText(): string {
    return this.sync.localText;
  }

  get syncedRev(): number | undefined {
    return this.sync.isSynchronised ? this.sync.rev : undefined;
  }

  get pendingEdits(): number {
    return this.sync.pendingEdits;
  }

  get pendingWork(): FileWork | undefined {
    const work = this.sync.pendingWork;
    return work && { ...this.ref, work };
  }

  get inFlightSeq(): number | undefined {
    return this.sync.inFlightSeq;
  }

  get isOpening(): boolean {
    return this.sync.phase === 'opening';
  }

  get isAnswerDue(): boolean {
    return this.sync.awaitsAnswer || this.isOpening || this.sync.phase === 'catching-up';
  }

  get cursors(): readonly PeerCursor[] {
    const pending = this.sync.pendingOps;
    const shown: PeerCursor[] = [];
    for (const [site, ranges] of this.remote.entries()) {
      const peer = this.host.peer(site);
      if (peer) shown.push({ peer, ranges: this.within(carryAll(ranges, pending)) });
    }
    return shown;
  }

  edit(op: TextOp, byAi = false): void {
    if (this.isFinished || op.isIdentity) return;
    if (!this.isOpen || op.reach > this.localLength) throw new RangeError('an edit of a text that is not there');
    this.localLength += op.inserted - op.removed;
    this.selection = carryAll(this.selection, [op]);
    this.selectionIsNews ||= this.selection.length > 0;
    this.run(this.sync.localEdit(op, byAi));
    if (!this.remote.isEmpty) this.emit('cursors', this.cursors);
  }

  select(ranges: readonly Selection[]): void {
    this.selection = this.within(ranges.slice(0, MAX_SELECTIONS));
    this.selectionIsNews = true;
    this.tellSelection();
  }

  close(): void {
    this.isClosing = true;
    this.finishWhenSettled();
  }

  // --- from the room ----------------------------------------------------------

  /** The server has forgotten where it was, if it has ever known. */
  mayShowCursorChanged(): void {
    this.selectionIsNews = this.selection.length > 0;
    this.tellSelection();
  }

  /** Somebody wants it again before it was closed. */
  keepOpen(): void {
    this.isClosing = false;
  }

  openRequest(): object {
    return { ...this.ref, ...this.sync.openRequest() };
  }

  /** What the room says of this file. */
  known({ file, id, language }: RoomFileInfo): void {
    const isAnotherName = file !== this.name_;
    this.name_ = file;
    this.id_ ??= id;
    this.language_ = language;
    // The request went out under a name that the server does not know any more.
    if (isAnotherName && this.isOpening && this.id_ === undefined) this.run([{ do: 'open' }]);
  }

  removed(): void {
    this.run(this.sync.gone());
  }

  connectionLost(): void {
    this.sync.connectionLost();
    this.host.clock.clearTimer(this.retryTimer);
    this.host.clock.clearTimer(this.selectionTimer);
    this.retryTimer = this.selectionTimer = undefined;
    this.selectionIsNews = this.selection.length > 0; // the next connection is a new site
  }

  failed({ code, seq, retryMs }: ServerError): void {
    this.run(this.sync.failed(code, seq, retryMs));
  }

  peersChanged(): void {
    const hadCarets = !this.remote.isEmpty;
    this.remote.keepOnly((site) => this.hasCaret(site));
    if (hadCarets) this.emit('cursors', this.cursors);
  }

  /** Who may only read from now on leaves no caret behind. */
  private hasCaret(site: number): boolean {
    const peer = this.host.peer(site);
    return peer !== undefined && mayComment(peer.role);
  }

  receive(message: FileMessage): void {
    switch (message.type) {
      case 'opened':
        this.opened(message);
        break;
      case 'op':
        this.run(this.sync.serverOp(message));
        break;
      case 'ack':
        this.run(this.sync.ack(message.seq, message.rev));
        break;
      case 'check':
        this.run(this.sync.check(message));
        break;
      case 'cursor':
        this.remote.received(message.site, message.rev, message.ranges);
        this.emit('cursors', this.cursors);
        break;
    }
  }

  private opened({ id, rev, from, text, language }: Opened): void {
    this.id_ ??= id;
    this.language_ = language;
    this.run(text === undefined ? this.sync.openedFrom(from, rev) : this.sync.openedWithText(rev, text));
  }

  // --- effects ----------------------------------------------------------------

  private run(effects: readonly Effect[]): void {
    this.queue.push(...effects);
    if (this.isRunning) return;
    this.isRunning = true;
    for (let effect = this.queue.shift(); effect; effect = this.queue.shift()) this.carryOut(effect);
    this.isRunning = false;
    this.host.pendingChanged();
    this.tellSelection();
    this.finishWhenSettled();
  }

  private carryOut(effect: Effect): void {
    switch (effect.do) {
      case 'send':
        this.host.beforeEditIsSent();
        this.send('op', {
          rev: effect.rev, seq: effect.seq, op: effect.op, ...(effect.byAi ? { by_ai: true } : {}),
        });
        break;
      case 'open':
        this.host.send({ type: 'open', ...this.openRequest() });
        break;
      case 'apply':
        this.applyRemote(effect.op, effect.by);
        break;
      case 'replace':
        this.replaceText(effect.text);
        break;
      case 'confirmed':
        this.remote.confirmed(effect.op, this.sync.rev, effect.by);
        if (effect.by !== undefined) this.emitCursorsAfter(effect.by);
        break;
      case 'retry':
        this.retryAfter(effect.afterMs);
        break;
      case 'diverged':
        this.send('diverged', { rev: effect.rev, length: effect.length, crc32: effect.crc32 });
        break;
      case 'conflict':
        this.host.conflict(this.name_, effect.text, effect.reason);
        break;
      case 'gone':
        this.finish();
        this.emit('gone', {});
        break;
    }
  }

  private send(type: string, message: object): void {
    this.host.send({ type, ...this.ref, ...message });
  }

  private applyRemote(op: TextOp, by: number | undefined): void {
    this.localLength += op.inserted - op.removed;
    this.selection = carryAll(this.selection, [op]);
    this.emit('remote', { op, by });
    if (!this.remote.isEmpty) this.emit('cursors', this.cursors);
  }

  /** An operation that changed nothing here moves its author's caret all the same. */
  private emitCursorsAfter(by: number): void {
    const changesTheText = this.queue.some((next) => next.do === 'apply');
    if (!changesTheText && this.host.peer(by)) this.emit('cursors', this.cursors);
  }

  private replaceText(text: string): void {
    this.localLength = countCodePoints(text);
    this.selection = this.within(this.selection);
    this.remote.restarted(this.sync.rev);
    this.emit('text', { text, language: this.language_ });
    this.emit('cursors', this.cursors);
  }

  private retryAfter(ms: number): void {
    this.host.clock.clearTimer(this.retryTimer);
    this.retryTimer = this.host.clock.setTimer(ms, () => this.run(this.sync.retry()));
  }

  // --- the own selection ------------------------------------------------------

  private within(ranges: readonly Selection[]): readonly Selection[] {
    const end = this.localLength;
    return ranges.map(({ anchor, head }) => ({ anchor: Math.min(anchor, end), head: Math.min(head, end) }));
  }

  private tellSelection(): void {
    const { clock } = this.host;
    if (!this.selectionIsNews || this.selectionTimer !== undefined) return;
    if (!this.host.isOnline || !this.host.mayShowCursor || !this.sync.isSynchronised) return;
    const wait = this.lastSelectionAt + SELECTION_PAUSE_MS - clock.now();
    if (wait > 0) {
      this.selectionTimer = clock.setTimer(wait, () => {
        this.selectionTimer = undefined;
        this.tellSelection();
      });
      return;
    }
    this.selectionIsNews = false;
    this.lastSelectionAt = clock.now();
    const ranges = this.selection.map(({ anchor, head }) => [anchor, head]);
    this.send('cursor', { rev: this.sync.rev, ranges });
  }

  // --- the end ----------------------------------------------------------------

  private finishWhenSettled(): void {
    if (!this.isClosing || this.isFinished || this.pendingEdits > 0) return;
    if (this.host.isOnline) this.send('close', {});
    this.finish();
  }

  private finish(): void {
    this.isFinished = true;
    this.connectionLost();
    this.host.finished(this);
  }
}
