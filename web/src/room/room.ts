// A room over a connection that comes and goes: files, people, chat.
//
// Invariants
//  1. What the user does is kept until the server has confirmed it: edits in
//     their FileSync (and in the outbox), messages in the Chat.
//  2. `connection` is online from the welcome on; before that nothing but the
//     hello is sent.
//  3. A file that is followed is one file of the room's, by its id: another that
//     comes to have its name is none of its business. No two are of one name,
//     but between two `file` messages that exchange them.

import type { OpLimits } from '../client/split-op';
import type { ConflictReason } from '../client/file-sync';
import { sanitizeText } from '../client/unicode';
import type {
  ChatMessage, Clock, ConnectionState, EndReason, FileAction, FileRef, Peer, Room, RoomEvents,
  RoomFile, RoomFileInfo, RoomOptions, UnsavedText,
} from './api';
import { AiClient } from './ai';
import { Chat } from './chat';
import { TypedEmitter } from './emitter';
import { FileClient, type FileHost } from './file';
import { FileList, isSameFile } from './file-list';
import { Link, type LinkOwner } from './link';
import {
  DEFAULT_LIMITS, parseMessage, type FileChange, type FileRename, type Opened, type ServerError,
  type ServerMessage, type Welcome,
} from './messages';
import { Outbox, type FileWork } from './outbox';
import { mayComment, mayEdit, type Role } from './roles';
import { StoreHealth } from './store-health';

const SAVE_PAUSE_MS = 100;
// An open is answered by these; other errors without a number are about changes of files.
const ERRORS_OF_AN_OPEN = new Set(['unknown_file', 'stale', 'unavailable', 'rate_limited', 'internal']);
const FRAME_ENVELOPE_BYTES = 4096; // of an `op` message, around its operation
const LEAST_OP_BYTES = 256;

export class RoomClient extends TypedEmitter<RoomEvents> implements Room, FileHost, LinkOwner {
  readonly clock: Clock;
  private readonly link: Link;
  private readonly outbox: Outbox;
  private readonly followed = new Set<FileClient>();
  private readonly peersBySite = new Map<number, Peer>();
  private readonly fileList = new FileList();
  private readonly chat_ = new Chat(this);
  readonly ai = new AiClient(this);
  private readonly store: StoreHealth;
  private serverLimits = DEFAULT_LIMITS;
  private name_: string;
  private role_: Role = 'editor';
  private token: string | undefined;
  private roomName_ = '';
  private site_: number | undefined;
  private pending_ = 0;
  private wantsNewName = false;
  private saveTimer: unknown;
  private lastAttempt = 0; // so that the server knows a hello that comes late, behind its successor

  constructor(options: RoomOptions) {
    super();
    this.clock = options.clock;
    this.name_ = options.name;
    this.token = options.token;
    this.link = new Link(options, this);
    this.store = new StoreHealth(
      options.clock,
      () => this.pending_ > 0,
      (isDown) => this.emit('readOnly', isDown),
    );
    this.outbox = new Outbox(
      options.outbox,
      `tandem.outbox:${options.roomId}`,
      options.owner,
      options.newClientId,
      () => options.clock.random(),
    );
    // Their edits go out even if nobody looks at them; then they are closed.
    for (const work of this.outbox.takeRestored()) this.follow(work).close();
  }

  get connection(): ConnectionState {
    return this.link.state;
  }

  get isOnline(): boolean {
    return this.connection.kind === 'online';
  }

  get roomName(): string {
    return this.roomName_;
  }

  get site(): number | undefined {
    return this.site_;
  }

  get name(): string {
    return this.name_;
  }

  get role(): Role {
    return this.role_;
  }

  get mayEdit(): boolean {
    return mayEdit(this.role_);
  }

  get mayShowCursor(): boolean {
    return mayComment(this.role_);
  }

  get unsaved(): readonly UnsavedText[] {
    const files = [...this.followed].filter(({ pendingEdits }) => pendingEdits > 0);
    return files.map(({ name, localText }) => ({ file: name, text: localText }));
  }

  get peers(): readonly Peer[] {
    return [...this.peersBySite.values()];
  }

  get files(): readonly RoomFileInfo[] {
    return this.fileList.all;
  }

  get chat(): readonly ChatMessage[] {
    return this.chat_.messages;
  }

  get pending(): number {
    return this.pending_;
  }

  get readOnly(): boolean {
    return this.store.isDown;
  }

  // --- what the app does ------------------------------------------------------

  connect(): void {
    this.link.connect();
  }

  reconnectNow(): void {
    this.link.reconnectNow();
  }

  leave(): void {
    this.keepPending();
    this.link.end('left');
  }

  signedIn(owner?: string): boolean {
    const { owner: before } = this.outbox;
    if (before !== undefined && owner !== before) return false;
    if (before === undefined && owner !== undefined) this.outbox.belongsTo(owner);
    this.link.resume('not-authenticated');
    return true;
  }

  rename(name: string): void {
    if (name === this.name_) return;
    this.name_ = name;
    this.wantsNewName = true;
    this.reconnectUnderNewName();
  }

  open(file: string): RoomFile {
    const known = this.followedAs({ file, id: undefined });
    known?.keepOpen();
    return known ?? this.follow({ file, id: this.fileList.idOf(file) });
  }

  say(text: string): void {
    this.emit('chat', this.chat_.say(this.outbox.nextNumber(), this.name_, text));
  }

  createFile(file: string, text = ''): void {
    this.changeFile('create', file, text === '' ? {} : { text: sanitizeText(text) });
  }

  renameFile(file: string, to: string): void {
    this.changeFile('rename', file, { to });
  }

  deleteFile(file: string): void {
    this.changeFile('delete', file, {});
  }

  private changeFile(action: FileAction, file: string, more: object): void {
    const message = { type: 'file', do: action, file, ...more };
    const size = new TextEncoder().encode(JSON.stringify(message)).length;
    if (!this.isOnline) this.notify('offline', 'There is no connection at the moment.', file);
    else if (!this.mayEdit) this.notify('forbidden', 'You may not change the files of this room.', file);
    else if (size > this.serverLimits.frameBytes) this.notify('too_large', 'The text is too large.', file);
    else this.send(message);
  }

  private notify(code: string, message: string, file?: string): void {
    this.emit('notice', { code, message, file });
  }

  // --- what files need --------------------------------------------------------

  send(message: object): void {
    this.link.send(message);
  }

  peer(site: number): Peer | undefined {
    return this.peersBySite.get(site);
  }

  nextNumber(): number {
    return this.outbox.nextNumber();
  }

  limits(): OpLimits {
    const { opChars, frameBytes } = this.serverLimits;
    return {
      insertedChars: Math.max(1, opChars),
      jsonBytes: Math.max(LEAST_OP_BYTES, frameBytes - FRAME_ENVELOPE_BYTES),
    };
  }

  beforeEditIsSent(): void {
    this.keepPending();
  }

  pendingChanged(): void {
    let pending = 0;
    for (const file of this.followed) pending += file.pendingEdits;
    if (pending === 0 && this.pending_ > 0) this.keepPending();
    else if (pending > 0) this.saveTimer ??= this.clock.setTimer(SAVE_PAUSE_MS, () => this.keepPending());
    if (pending === this.pending_) return;
    this.pending_ = pending;
    this.emit('pending', pending);
    this.reconnectUnderNewName();
  }

  conflict(file: string, text: string, reason: ConflictReason): void {
    this.emit('conflict', { file, text, reason });
  }

  finished(file: FileClient): void {
    this.followed.delete(file);
    this.pendingChanged();
  }

  keepPending(): void {
    this.clock.clearTimer(this.saveTimer);
    this.saveTimer = undefined;
    this.outbox.save([...this.followed].flatMap(({ pendingWork }) => pendingWork ?? []));
  }

  private followedAs(ref: FileRef): FileClient | undefined {
    return [...this.followed].find((file) => isSameFile(file.ref, ref));
  }

  private follow(ref: FileRef | FileWork): FileClient {
    const file = new FileClient(ref, this);
    this.followed.add(file);
    this.pendingChanged();
    if (this.isOnline) this.send({ type: 'open', ...file.openRequest() });
    return file;
  }

  private reconnectUnderNewName(): void {
    const isBusy = this.pending_ > 0 || this.chat_.hasUnconfirmed;
    if (!this.wantsNewName || isBusy || !this.isOnline) return;
    this.wantsNewName = false;
    this.link.restart();
  }

  // --- the connection ---------------------------------------------------------

  opened(): void {
    this.wantsNewName = false;
    const { token } = this;
    this.lastAttempt = Math.max(this.lastAttempt + 1, Math.floor(this.clock.now()));
    this.send({
      type: 'hello',
      client: this.outbox.client,
      attempt: this.lastAttempt,
      name: this.name_,
      ...(token === undefined ? {} : { token }),
      open: [...this.followed].map((file) => file.openRequest()),
    });
  }

  lost(): void {
    this.chat_.connectionLost();
    this.ai.connectionLost();
    for (const file of this.followed) file.connectionLost();
  }

  stateChanged(state: ConnectionState): void {
    this.emit('connection', state);
  }

  isAnswerDue(): boolean {
    if (!this.isOnline) return true;
    return this.chat_.isAnswerDue || [...this.followed].some((file) => file.isAnswerDue);
  }

  canOvercome(reason: EndReason): boolean {
    return this.canDoWithoutToken(reason) || this.canBecomeAnother(reason);
  }

  /** An invite that has run out must not keep out who may enter without. */
  private canDoWithoutToken(reason: EndReason): boolean {
    if (reason !== 'not-authenticated' || this.token === undefined) return false;
    this.token = undefined;
    this.notify('invite_refused', 'The invitation is not valid any more.');
    return true;
  }

  /** The tab was duplicated, and the copy goes by our name: with nothing pending we take another. */
  private canBecomeAnother(reason: EndReason): boolean {
    if (reason !== 'elsewhere' || this.pending_ > 0 || this.chat_.hasUnconfirmed) return false;
    this.outbox.becomeAnother();
    return true;
  }

  heard(frame: string): void {
    const message = parseMessage(frame);
    if (message && (this.isOnline || message.type === 'welcome' || message.type === 'error')) this.receive(message);
  }

  private receive(message: ServerMessage): void {
    switch (message.type) {
      case 'welcome':
        this.welcomed(message);
        break;
      case 'join':
        if (message.peer.site !== this.site_) this.peersBySite.set(message.peer.site, message.peer);
        this.peersChanged();
        break;
      case 'leave':
        this.peersBySite.delete(message.site);
        this.peersChanged();
        break;
      case 'role':
        this.roleIs(message.role);
        break;
      case 'chat': {
        this.store.works();
        const change = this.chat_.receive(message.line);
        if (change.kind === 'message') this.emit('chat', change.message);
        else this.emit('chatHistory', this.chat);
        this.reconnectUnderNewName();
        break;
      }
      case 'file':
        this.fileChanged(message);
        break;
      case 'ai':
      case 'completion':
      case 'thinking':
      case 'proposal':
        this.ai.receive(message);
        break;
      case 'error':
        this.failed(message);
        break;
      case 'opened':
        this.fileOpened(message);
        break;
      default:
        if (message.type === 'ack') this.store.works(); // the edit is durable
        this.followedAs({ file: message.file, id: undefined })?.receive(message);
    }
  }

  private welcomed(message: Welcome): void {
    this.site_ = message.site;
    const { role_: before } = this;
    this.role_ = message.role;
    this.roomName_ = message.roomName;
    this.serverLimits = message.limits;
    this.peersBySite.clear();
    for (const peer of message.peers) if (peer.site !== message.site) this.peersBySite.set(peer.site, peer);
    this.fileList.replaceAll(message.files);
    this.chat_.welcome(message.chat);
    this.link.welcomed();
    this.store.works(); // otherwise it is told next
    this.roleChanged(before);
    this.emit('welcome', { roomName: message.roomName, site: message.site });
    this.peersChanged();
    this.filesMayBeOthers();
    this.emit('chatHistory', this.chat);
    this.chat_.sendAgain();
    this.reconnectUnderNewName();
  }

  /**
   * Edits that are pending stay: what reached the server in time is acknowledged,
   * the rest is answered `forbidden` and handed to the user.
   */
  private roleIs(role: Role): void {
    const before = this.role_;
    this.role_ = role;
    this.roleChanged(before);
  }

  private roleChanged(before: Role): void {
    if (before === this.role_) return;
    for (const file of this.followed) file.mayShowCursorChanged();
    this.emit('role', { role: this.role_, before });
  }

  private peersChanged(): void {
    this.emit('peers', this.peers);
    for (const file of [...this.followed]) file.peersChanged();
  }

  // --- files of the room ------------------------------------------------------

  private fileChanged(change: FileChange): void {
    if (change.action === 'create') {
      this.fileList.created(change);
    } else if (change.action === 'delete') {
      this.fileList.removed(change);
      this.followedAs(change)?.removed();
    } else {
      this.fileRenamed(change);
    }
    this.emit('files', this.files);
  }

  private fileRenamed(change: FileRename): void {
    const followed = this.followedAs(change);
    const info = this.fileList.renamed(change);
    followed?.known(info);
    this.pendingChanged();
    this.emit('fileRenamed', { from: change.file, to: change.to });
  }

  /** Opened by the new name of a file that is followed under its old one since before a reload. */
  private isDouble(file: FileClient, { id }: RoomFileInfo): boolean {
    return file.id === undefined && id !== undefined && [...this.followed].some((other) => other.id === id);
  }

  /** The answer says what the file is called by now, which a server may say first in here. */
  private fileOpened(message: Opened): void {
    const { id, file: to, language } = message;
    const file = this.followedAs(message);
    if (file && file.name !== to) {
      this.fileRenamed({ file: file.name, id, to, language });
      this.emit('files', this.files);
    }
    file?.receive(message);
  }

  /** The list is new: what is followed takes its present name, or is found to be gone. */
  private filesMayBeOthers(): void {
    const renamed: { from: string; to: string }[] = [];
    const gone: FileClient[] = [];
    for (const file of [...this.followed]) {
      const info = this.fileList.find(file.ref);
      if (!info || this.isDouble(file, info)) {
        gone.push(file);
        continue;
      }
      if (info.file !== file.name) renamed.push({ from: file.name, to: info.file });
      file.known(info);
    }
    for (const file of gone) this.followed.delete(file); // before anybody asks for what has its name now
    for (const file of gone) file.removed();
    this.pendingChanged();
    for (const names of renamed) this.emit('fileRenamed', names);
    this.emit('files', this.files);
  }

  // --- errors -----------------------------------------------------------------

  private failed(error: ServerError): void {
    if (this.ai.failed(error)) return;
    // At once: the room has moved to another node, and nothing is away.
    if (error.code === 'unavailable' && error.retryMs !== 0) this.store.failed(error.retryMs);
    if (error.id !== undefined) this.chatFailed(error.id, error);
    else if (error.seq !== undefined) this.fileWithEdit(error.seq)?.failed(error);
    else if (!this.openFailed(error)) this.notifyOf(error);
  }

  /** By the edit's number: the file may have another name by now. */
  private fileWithEdit(seq: number): FileClient | undefined {
    return [...this.followed].find(({ inFlightSeq }) => inFlightSeq === seq);
  }

  private openFailed(error: ServerError): boolean {
    const file = this.followedAs({ file: error.file ?? '', id: undefined });
    if (!file?.isOpening || !ERRORS_OF_AN_OPEN.has(error.code)) return false;
    // A file that is there, or is said to be gone in a moment: the error was about changing it.
    if (error.code === 'unknown_file' && this.fileList.find(file.ref)) return false;
    file.failed(error);
    return true;
  }

  private chatFailed(id: number, error: ServerError): void {
    if (!this.chat_.failed(id, error)) return;
    this.emit('chatHistory', this.chat);
    this.notify(error.code, error.message);
  }

  private notifyOf({ code, message, file }: ServerError): void {
    const isAboutACursor = code === 'stale';
    const isAboutTheRoom = code === 'unavailable' && file === undefined; // `readOnly` tells it
    if (!isAboutACursor && !isAboutTheRoom) this.notify(code, message, file);
  }
}
