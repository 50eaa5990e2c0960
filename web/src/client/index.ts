// The client library: everything an application or another editor needs.

export { ChunkedText } from './chunked-text';
export type { Clock, ConnectionState, SocketFactory, SocketLike } from './connection';
export type { ConflictReason } from './file-sync';
export type { ChatMessage, FileInfo, Peer, Range, Role, Welcome } from './messages';
export { makeClientId, Outbox, type KeyValueStore } from './outbox';
export type { PeerCursor } from './peer-cursors';
export { RoomClient, type RoomEvents, type RoomOptions } from './room-client';
export { RoomFile, type FileView } from './room-file';
export * from './text-op';
export { diff } from './text-diff';
export { isAllowedText, sanitizeText } from './unicode';
