// A room as one client sees it: its files, the people in it, the conversation,
// and the connection. This is what an application or an editor talks to.
//
// Invariants
//  1. What is keyed by names from outside is in Maps.
//  2. `followed` holds every file that the client has open or has unsaved edits
//     of; each is named in every hello.
//  3. Numbers go to the outbox before they go to the network, pending work in the
//     same turn.

import { ChatLog } from './chat-log';
import { Connection, type Clock, type ConnectionState, type SocketFactory } from './connection';
import { Emitter } from './emitter';
import { FileRequests } from './file-requests';
import type { ConflictReason } from './file-sync';
import { DEFAULT_LIMITS } from './messages';
import type { ChatMessage, FileAction, FileInfo, Limits, Peer } from './messages';
import type { Range, ServerMessage, Welcome } from './messages';
import type { Outbox } from './outbox';
import { OwnCursor } from './own-cursor';
import { RoomFile, type FileOwner } from './room-file';
import type { OpLimits } from './split-op';
import { WorkSaver } from './work-saver';

export interface RoomOptions {
  url: string;
  socket: SocketFactory;
  clock: Clock;
  outbox: Outbox;
  name: string;
  token?: string | undefined;
}

export interface RoomEvents {
  connection: ConnectionState;
  welcome: Welcome;
  files: undefined; // the list changed
  renamed: { from: string; to: string };
  gone: { file: string };
  peers: undefined;
  chat: ChatMessage | undefined; // a new one; undefined when the unsent ones changed
  cursors: { file: string };
  sync: { file: string }; // revision, phase or pending edits
  conflict: { file: string; text: string; reason: ConflictReason };
  notice: { code: string; message: string };
}

const ENVELOPE_BYTES = 256; // of an op frame without the name and the operation
const LEAST_OP_BYTES = 1024;

export class RoomClient {
  readonly events = new Emitter<RoomEvents>();
  readonly files = new Map<string, FileInfo>();
  readonly peers = new Map<number, Peer>();
  /** The file each peer's caret was last seen in. */
  readonly locations = new Map<number, string>();
  readonly chat = new ChatLog();
  site: number | undefined;
  role = 'editor';
  roomName = '';
  private readonly followed = new Map<string, RoomFile>();
  private readonly leaving = new Set<RoomFile>(); // to be closed once they are saved
  private readonly aliases = new Map<string, string>(); // old name → new name
  private readonly requests = new FileRequests();
  private readonly connection: Connection;
  private readonly cursor: OwnCursor;
  private readonly saver: WorkSaver;
  private limits: Limits = DEFAULT_LIMITS;
  private name: string;

  constructor(private readonly options: RoomOptions) {
    this.name = options.name;
    this.connection = new Connection(options.url, options.socket, options.clock, {
      hello: () => this.hello(),
      onState: (state) => this.events.emit('connection', state),
      onMessage: (message) => this.receive(message),
      onLost: () => this.connectionLost(),
      waitingSince: () => this.waitingSince(),
      probe: () => this.probe(),
    });
    this.cursor = new OwnCursor(options.clock, (message) => this.connection.send(message));
    const files = () => this.followed.values();
    this.saver = new WorkSaver(options.outbox, options.clock, files, () => this.chat.unsent);
    this.restore();
  }

  // --- connection -----------------------------------------------------------

  connect(): void {
    this.connection.open();
  }

  nudge(): void {
    this.connection.nudge();
  }

  get state(): ConnectionState {
    return this.connection.state;
  }

  get canEdit(): boolean {
    return this.role !== 'viewer';
  }

  /** Edits that the server has not confirmed, in all files. */
  get pendingEdits(): number {
    return [...this.followed.values()].reduce((sum, file) => sum + file.sync.pendingEdits, 0);
  }

  get hasUnsentWork(): boolean {
    return this.pendingEdits > 0 || this.chat.unsent.length > 0;
  }

  /** Leaves; the pending work stays in the outbox. */
  dispose(): void {
    this.saveNow();
    this.connection.close();
    this.cursor.dispose();
  }

  /** The name that others see changes with a new hello. */
  rename(name: string): void {
    if (name === this.name) return;
    this.name = name;
    if (this.connection.state.is === 'idle') return;
    this.connection.close();
    this.connection.open();
  }

  // --- files ----------------------------------------------------------------

  follow(name: string): RoomFile {
    const known = this.followed.get(name);
    if (known) {
      this.leaving.delete(known);
      return known;
    }
    const file = new RoomFile(name, this.fileOwner);
    file.language = this.files.get(name)?.language ?? 'plaintext';
    this.followed.set(name, file);
    if (this.connection.isLive) this.connection.send({ type: 'open', ...file.openEntry() });
    return file;
  }

  followedFile(name: string): RoomFile | undefined {
    return this.followed.get(name);
  }

  /** Stops following, once everything is saved. */
  unfollow(name: string): void {
    const file = this.followed.get(name);
    if (!file) return;
    file.detach();
    this.leaving.add(file);
    this.closeIfSaved(file);
  }

  createFile(file: string, text?: string, language?: string): Promise<void> {
    return this.requestFile('create', file, { text, language });
  }

  renameFile(file: string, to: string): Promise<void> {
    return this.requestFile('rename', file, { to });
  }

  deleteFile(file: string): Promise<void> {
    return this.requestFile('delete', file, {});
  }

  // --- people ---------------------------------------------------------------

  sendChat(text: string): void {
    const id = this.options.outbox.nextChatId();
    this.chat.submit(id, text);
    this.saveNow();
    this.connection.send({ type: 'chat', id, text });
    this.events.emit('chat', undefined);
  }

  /** The user's selections in a file, in its local text. */
  setCursor(file: RoomFile, ranges: Range[]): void {
    this.cursor.move(file, ranges);
  }

  /** Writes what must survive a reload. Call it when the page is hidden or left. */
  saveNow(): void {
    this.saver.saveNow();
  }

  // --- what the server says -------------------------------------------------

  private receive(message: ServerMessage): void {
    switch (message.type) {
      case 'welcome':
        return this.welcomed(message);
      case 'opened':
        return this.opened(message);
      case 'op': {
        const { op, rev, from, by } = message;
        const file = this.find(message.file);
        return op ? file?.serverOp({ rev, from, op, by }) : file?.unreadable();
      }
      case 'ack':
        return this.find(message.file)?.ack(message.seq, message.rev);
      case 'check':
        return this.find(message.file)?.check(message);
      case 'cursor':
        return this.peerMoved(message.site, message.file, message.rev, message.ranges);
      case 'join':
        if (message.site !== this.site) this.peers.set(message.site, message);
        return this.events.emit('peers', undefined);
      case 'leave':
        return this.peerLeft(message.site);
      case 'chat':
        if (this.chat.receive(message, this.site)) this.events.emit('chat', message);
        return;
      case 'file':
        return this.fileChanged(message.action, message.file, message.to, message.language);
      case 'error':
        return this.failed(message);
    }
  }

  private welcomed(welcome: Welcome): void {
    const formerSite = this.site;
    this.site = welcome.site;
    this.role = welcome.role;
    this.roomName = welcome.room.name;
    this.limits = welcome.limits;
    this.files.clear();
    for (const info of welcome.files) this.files.set(info.file, info);
    this.peers.clear();
    for (const peer of welcome.peers) if (peer.site !== welcome.site) this.peers.set(peer.site, peer);
    for (const message of welcome.chat) this.chat.receive(message, formerSite);
    for (const file of [...this.followed.values()]) {
      if (!this.files.has(file.name)) file.vanished();
      else if (file.sync.phase === 'away') this.connection.send({ type: 'open', ...file.openEntry() });
    }
    this.events.emit('welcome', welcome);
    this.events.emit('files', undefined);
    this.events.emit('peers', undefined);
    this.events.emit('chat', undefined);
    this.sendUnsentChat();
  }

  private opened(message: ServerMessage & { type: 'opened' }): void {
    const { file, rev, language, text, from } = message;
    if (!this.files.has(file)) {
      this.files.set(file, { file, rev, language });
      this.events.emit('files', undefined);
    }
    this.find(file)?.opened(rev, language, text, from);
  }

  private peerMoved(site: number, name: string, rev: number, ranges: Range[]): void {
    if (site === this.site) return;
    const file = this.find(name);
    for (const other of this.followed.values()) {
      if (other === file) continue;
      other.cursors.remove(site);
      this.events.emit('cursors', { file: other.name });
    }
    this.locations.set(site, file?.name ?? name);
    if (file) {
      file.cursors.set(site, rev, ranges, file.sync.rev);
      this.events.emit('cursors', { file: file.name });
    }
    this.events.emit('peers', undefined);
  }

  private peerLeft(site: number): void {
    this.peers.delete(site);
    this.locations.delete(site);
    for (const file of this.followed.values()) {
      file.cursors.remove(site);
      this.events.emit('cursors', { file: file.name });
    }
    this.events.emit('peers', undefined);
  }

  private fileChanged(
    action: FileAction,
    name: string,
    to: string | undefined,
    language: string | undefined,
  ): void {
    const info = this.files.get(name);
    if (action === 'create') {
      this.aliases.delete(name);
      this.files.set(name, { file: name, rev: 0, language: language ?? 'plaintext' });
    } else {
      this.files.delete(name);
      if (action === 'delete') this.followed.get(name)?.vanished();
      else if (to !== undefined) this.fileRenamed(name, to, language ?? info?.language);
    }
    this.requests.done(action, name);
    this.events.emit('files', undefined);
  }

  private fileRenamed(from: string, to: string, language = 'plaintext'): void {
    this.files.set(to, { file: to, rev: 0, language });
    this.aliases.delete(to);
    this.aliases.set(from, to);
    for (const [site, place] of this.locations) if (place === from) this.locations.set(site, to);
    const file = this.followed.get(from);
    if (!file) return;
    this.followed.delete(from);
    file.name = to;
    file.language = language;
    this.followed.set(to, file);
    this.events.emit('renamed', { from, to });
  }

  private failed(error: ServerMessage & { type: 'error' }): void {
    const { code, message, seq, retryMs } = error;
    if (seq !== undefined) {
      const file = [...this.followed.values()].find((one) => one.sync.inFlightSeq === seq);
      const wasRenamed = code === 'unknown_file' && file && error.file !== file.name;
      return file?.failed(wasRenamed ? 'rate_limited' : code, seq, wasRenamed ? 0 : retryMs);
    }
    if (error.file !== undefined) {
      if (this.requests.failed(error.file, message || code)) return;
      return this.find(error.file)?.failed(code, undefined, retryMs);
    }
    if (code === 'unavailable') {
      for (const file of this.followed.values()) file.failed(code, undefined, retryMs);
    }
    this.chatFailed(code, retryMs);
    this.events.emit('notice', { code, message });
  }

  private chatFailed(code: string, retryMs = 1000): void {
    if (this.chat.unsent.length === 0) return;
    if (code === 'rate_limited' || code === 'unavailable') {
      this.options.clock.setTimeout(() => this.sendUnsentChat(), retryMs);
    } else {
      this.chat.withdrawOldest();
      this.events.emit('chat', undefined);
    }
  }

  // --- inside ---------------------------------------------------------------

  private readonly fileOwner: FileOwner = {
    nextSeq: () => this.options.outbox.nextSeq(),
    opLimits: () => this.opLimits(),
    send: (message) => this.connection.send(message),
    after: (ms, task) => void this.options.clock.setTimeout(task, ms),
    now: () => this.options.clock.now(),
    changed: (file) => this.fileProgressed(file),
    cursorsChanged: (file) => this.events.emit('cursors', { file: file.name }),
    conflict: (file, text, reason) => {
      this.events.emit('conflict', { file: file.name, text, reason });
    },
    gone: (file) => {
      this.followed.delete(file.name);
      this.leaving.delete(file);
      this.events.emit('gone', { file: file.name });
    },
  };

  private hello(): object {
    const { outbox, token } = this.options;
    const open = [...this.followed.values()].map((file) => file.openEntry());
    return { client: outbox.client, name: this.name, ...(token ? { token } : {}), open };
  }

  private find(name: string): RoomFile | undefined {
    return this.followed.get(name) ?? this.followed.get(this.aliases.get(name) ?? '');
  }

  private opLimits(): OpLimits {
    const names = [...this.followed.keys()].reduce((most, name) => Math.max(most, name.length), 0);
    const bytes = this.limits.frame_bytes - ENVELOPE_BYTES - names * 6;
    return { insertedChars: this.limits.op_chars, jsonBytes: Math.max(bytes, LEAST_OP_BYTES) };
  }

  private connectionLost(): void {
    this.requests.connectionLost();
    for (const file of this.followed.values()) file.connectionLost();
  }

  private waitingSince(): number | undefined {
    const times = [...this.followed.values()].flatMap((file) => file.sentAt ?? []);
    return times.length > 0 ? Math.min(...times) : undefined;
  }

  private probe(): boolean {
    const file = [...this.followed.values()].find((one) => one.sync.isSynchronised);
    if (file) this.connection.send({ type: 'open', file: file.name, rev: file.sync.rev });
    return file !== undefined;
  }

  private requestFile(action: FileAction, file: string, more: object): Promise<void> {
    if (!this.connection.isLive) return Promise.reject(new Error('There is no connection now.'));
    const answer = this.requests.start(action, file);
    this.connection.send({ type: 'file', do: action, file, ...more });
    return answer;
  }

  private sendUnsentChat(): void {
    for (const { id, text } of this.chat.unsent) this.connection.send({ type: 'chat', id, text });
  }

  private fileProgressed(file: RoomFile): void {
    this.cursor.fileProgressed(file);
    this.closeIfSaved(file);
    this.saver.fileProgressed(file);
    this.events.emit('sync', { file: file.name });
  }

  private closeIfSaved(file: RoomFile): void {
    if (!this.leaving.has(file) || file.sync.pendingEdits > 0) return;
    this.leaving.delete(file);
    this.followed.delete(file.name);
    this.connection.send({ type: 'close', file: file.name });
  }

  private restore(): void {
    const { files, chat } = this.options.outbox.load();
    for (const { id, text } of chat) this.chat.submit(id, text);
    for (const [name, work] of files) {
      const file = new RoomFile(name, this.fileOwner);
      file.restore(work);
      this.followed.set(name, file);
    }
  }
}
