// What a room is to an app or an editor: the interface of the client library.
// `room.ts` implements it; nothing here knows of sockets, editors or the DOM.

import type { ConflictReason } from '../client/file-sync';
import type { TextOp } from '../client/text-op';
import type { Role } from './roles';

export type { Role } from './roles';

export type FileAction = 'create' | 'rename' | 'delete';

export interface Peer {
  readonly site: number;
  readonly name: string;
  readonly color: string; // '#rrggbb', checked
  readonly role: Role;
}

export interface ChatMessage {
  readonly n: number | undefined; // none while it is on its way
  readonly id: number | undefined; // of the own ones
  readonly name: string;
  readonly text: string;
  readonly at: number; // ms since the epoch
  readonly own: boolean;
  readonly site: number | undefined; // whose it is, of those who were there when it was said
}

/** A selection in characters of the local text; anchor === head is a caret. */
export interface Selection {
  readonly anchor: number;
  readonly head: number;
}

export interface PeerCursor {
  readonly peer: Peer;
  readonly ranges: readonly Selection[]; // valid in the local text
}

export type ConnectionState =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'online' }
  | { readonly kind: 'waiting'; readonly retryAt: number } // ms since the epoch
  | { readonly kind: 'ended'; readonly reason: EndReason };

export type EndReason =
  'no-such-room' | 'forbidden' | 'not-authenticated' | 'bad-message' | 'too-large' | 'elsewhere' | 'left';

export interface RoomEvents {
  connection: ConnectionState;
  /** The welcome has come: room name, own site, peers, files and chat are known. */
  welcome: { readonly roomName: string; readonly site: number };
  /** What the user may do is something else from now on. */
  role: { readonly role: Role; readonly before: Role };
  peers: readonly Peer[];
  files: readonly RoomFileInfo[]; // sorted by name
  /**
   * All names are the present ones by then: behind a reconnect files may have
   * each other's names, so a file that is followed is told by its RoomFile.
   */
  fileRenamed: { readonly from: string; readonly to: string };
  chat: ChatMessage; // new, or the own one that has come back (same id)
  /** The whole list anew: after a welcome. */
  chatHistory: readonly ChatMessage[];
  /** Edits that the server has not confirmed, over all files. */
  pending: number;
  /** The store cannot be written to; edits are kept and sent again. */
  readOnly: boolean;
  notice: { readonly code: string; readonly message: string; readonly file: string | undefined };
  /** Text of the user's that the server would not take: to be shown for copying. */
  conflict: { readonly file: string; readonly text: string; readonly reason: ConflictReason };
}

/** Which file is meant: by its id, or by its name where a server gives no ids. */
export interface FileRef {
  readonly file: string;
  readonly id: number | undefined; // through renames; never another file's
}

export interface RoomFileInfo extends FileRef {
  readonly language: string;
}

export interface FileEvents {
  /** The text is there for the first time, or as a whole anew. */
  text: { readonly text: string; readonly language: string };
  /** Somebody else's edit of the local text. */
  remote: { readonly op: TextOp; readonly by: number | undefined };
  cursors: readonly PeerCursor[];
  /**
   * It is not in the room any more, and one of the same name is another file.
   * Or, at the first welcome: it is one that is followed under an older name, to
   * be opened again.
   */
  gone: Record<string, never>;
}

export interface Emitter<Events> {
  /** Returns a function that ends the subscription. */
  on<K extends keyof Events>(event: K, listener: (value: Events[K]) => void): () => void;
}

export interface RoomFile extends Emitter<FileEvents> {
  readonly name: string;
  readonly id: number | undefined; // not known before the first welcome
  readonly language: string;
  readonly isOpen: boolean; // the text is there
  readonly mayEdit: boolean; // an edit without that is refused, and comes back as a `conflict`
  readonly localText: string;
  readonly cursors: readonly PeerCursor[];
  /** The revision that the local text is; undefined while an edit is unconfirmed, or the text is not there. */
  readonly syncedRev: number | undefined;
  /** The user's edit of the local text, in characters; sent when it may be. `byAi`: the AI has proposed it. */
  edit(op: TextOp, byAi?: boolean): void;
  /** The user's selections in the local text; an empty list hides them. */
  select(ranges: readonly Selection[]): void;
  /** Stop following the file. Pending edits are still sent first. */
  close(): void;
}

export interface AiState {
  readonly mode: 'off' | 'local' | 'on';
  readonly provider: string;
  readonly model: string | undefined;
  readonly host: string | undefined; // where texts go to; undefined: nowhere
  readonly can: ReadonlySet<string>; // complete, refactor, chat
}

export interface AiSuggestion {
  readonly insert: string;
  readonly from: number; // replaces these characters of the text at `rev`
  readonly to: number;
}

export interface AiCompletion {
  readonly file: string;
  readonly rev: number;
  readonly suggestions: readonly AiSuggestion[];
  readonly words: readonly AiSuggestion[];
  readonly provider: string;
  readonly more: boolean; // another answer follows, and replaces this one
  readonly problem: string | undefined; // why the model's answer is missing
  readonly retryMs: number | undefined;
}

export interface AiProposal {
  readonly file: string;
  readonly rev: number; // that `op` was made on
  readonly op: TextOp; // the identity: there is only something to say
  readonly summary: string;
  readonly provider: string;
  readonly chat: number | undefined; // it belongs to that message of the assistant's
}

export interface AiFailure {
  readonly code: string;
  readonly message: string;
  readonly retryMs: number | undefined;
}

/** What hears of one question: any number of pieces and answers with more to come, then one last word. */
export interface AiListener<Answer> {
  answer(answer: Answer): void;
  piece?(text: string): void;
  failed(why: AiFailure): void;
}

export interface AiEvents {
  state: AiState;
  /** A change that the assistant has proposed in the chat. */
  proposal: AiProposal;
}

/** Questions end without a word when they are taken back or the connection is lost (`failed` says `offline`). */
export interface RoomAi extends Emitter<AiEvents> {
  readonly state: AiState;
  /** Asking again ends the earlier one. Returns what takes the question back. */
  complete(file: RoomFile, rev: number, position: number, listener: AiListener<AiCompletion>): () => void;
  refactor(
    file: RoomFile, rev: number, range: readonly [number, number], instruction: string,
    listener: AiListener<AiProposal>,
  ): () => void;
}

export interface Room extends Emitter<RoomEvents> {
  readonly connection: ConnectionState;
  readonly roomName: string;
  readonly site: number | undefined;
  readonly name: string;
  /** An editor's until the first welcome: what a reload has left may be one's. */
  readonly role: Role;
  readonly peers: readonly Peer[]; // without oneself
  readonly files: readonly RoomFileInfo[];
  readonly chat: readonly ChatMessage[];
  readonly pending: number;
  readonly readOnly: boolean; // the store's doing; what the user may do is said by `role`
  /** The texts with edits that the server has not confirmed. */
  readonly unsaved: readonly UnsavedText[];
  /** What the room's AI may be asked. */
  readonly ai: RoomAi;
  connect(): void;
  /** Try again at once: the network is back, the tab is visible. */
  reconnectNow(): void;
  /** Keeps what is pending where a reload finds it: the page may be about to go. */
  keepPending(): void;
  leave(): void;
  /**
   * Somebody has signed in: goes on where `not-authenticated` ended it, and
   * returns true. If it is another than the one whose room this is, nothing is
   * done: what is pending would go out under the wrong name.
   */
  signedIn(owner?: string): boolean;
  /** Takes effect with the next connection; reconnects when nothing is pending. */
  rename(name: string): void;
  open(file: string): RoomFile;
  say(text: string): void;
  createFile(file: string, text?: string): void;
  renameFile(file: string, to: string): void;
  deleteFile(file: string): void;
}

export interface UnsavedText {
  readonly file: string;
  readonly text: string;
}

/** What a browser's WebSocket and npm's `ws` have in common. */
export interface Socket {
  readonly bufferedAmount: number;
  onopen: (() => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: ((event: { code: number; reason: string }) => void) | null;
  onerror: ((event: unknown) => void) | null;
  send(text: string): void;
  close(code?: number, reason?: string): void;
}

export interface Clock {
  now(): number; // ms since the epoch
  setTimer(ms: number, callback: () => void): unknown;
  clearTimer(timer: unknown): void;
  random(): number; // 0 ≤ x < 1
}

/** Where pending work survives a reload: sessionStorage, or a Map in tests. */
export interface KeyValueStore {
  get(key: string): string | null;
  set(key: string, value: string): void; // may throw when full: then nothing is kept
  remove(key: string): void;
}

export interface RoomOptions {
  url: string; // ws://host/ws/{room_id}
  roomId: string;
  name: string;
  owner?: string; // whose pending work is kept: an account's id; none: a guest's
  token?: string; // an invite's; one that the server does not take is not shown to it again
  makeSocket: (url: string, protocol: string) => Socket;
  clock: Clock;
  outbox: KeyValueStore;
  newClientId: () => string; // unguessable, 1–64 of A-Za-z0-9_-
}
