// What the server says, as the protocol page has it, and the reading of it: a
// frame is parsed and its fields are checked once, here. What does not fit is
// `undefined`, and the caller ignores it, as it does types it does not know.

import { parseOp, type TextOp } from './text-op';

export type Role = string;
export type Range = [anchor: number, head: number];

export interface Peer {
  site: number;
  name: string;
  color: string;
  role: Role;
}

export interface ChatMessage {
  n: number;
  name: string;
  text: string;
  at: number;
  site?: number;
  id?: number;
}

export interface FileInfo {
  file: string;
  rev: number;
  language: string;
}

export interface Limits {
  frame_bytes: number;
  op_chars: number;
  ops_per_second: number;
}

export interface Welcome {
  type: 'welcome';
  site: number;
  role: Role;
  room: { id: string; name: string };
  files: FileInfo[];
  peers: Peer[];
  chat: ChatMessage[];
  limits: Limits;
}

export type FileAction = 'create' | 'rename' | 'delete';

export type ServerMessage =
  | Welcome
  | { type: 'opened'; file: string; rev: number; language: string; text?: string; from?: number }
  | { type: 'op'; file: string; rev: number; op: TextOp | undefined; from: number; by?: number }
  | { type: 'ack'; file: string; seq: number; rev: number }
  | { type: 'cursor'; site: number; file: string; rev: number; ranges: Range[] }
  | ({ type: 'join' } & Peer)
  | { type: 'leave'; site: number }
  | ({ type: 'chat' } & ChatMessage)
  | { type: 'file'; action: FileAction; file: string; to?: string; language?: string; by?: number }
  | { type: 'check'; file: string; rev: number; length: number; crc32: number }
  | {
      type: 'error';
      code: string;
      message: string;
      file?: string;
      seq?: number;
      retryMs?: number;
      fatal: boolean;
    };

export const DEFAULT_LIMITS: Limits = {
  frame_bytes: 524288,
  op_chars: 131072,
  ops_per_second: 500,
};

type Fields = Record<string, unknown>;

class Unfit extends Error {}

function fields(value: unknown): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Unfit();
  return value as Fields;
}

function text(value: unknown): string {
  if (typeof value !== 'string') throw new Unfit();
  return value;
}

function count(value: unknown): number {
  if (!Number.isSafeInteger(value) || (value as number) < 0) throw new Unfit();
  return value as number;
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? (value as unknown[]) : [];
}

/** `{name: read(value)}`, or nothing when the field is absent. */
function optional<Name extends string, T>(
  name: Name,
  value: unknown,
  read: (value: unknown) => T,
): { [key in Name]?: T } {
  return value === undefined || value === null
    ? {}
    : ({ [name]: read(value) } as { [key in Name]?: T });
}

const COLOR = /^#[0-9a-f]{6}$/i;
const FALLBACK_COLOR = '#8a8f98';

function peer(value: unknown): Peer {
  const f = fields(value);
  const color = typeof f.color === 'string' && COLOR.test(f.color) ? f.color : FALLBACK_COLOR;
  const role = typeof f.role === 'string' ? f.role : 'editor';
  return { site: count(f.site), name: text(f.name), color, role };
}

function chatMessage(value: unknown): ChatMessage {
  const f = fields(value);
  return {
    n: count(f.n),
    name: text(f.name),
    text: text(f.text),
    at: count(f.at),
    ...optional('site', f.site, count),
    ...optional('id', f.id, count),
  };
}

function fileInfo(value: unknown): FileInfo {
  const f = fields(value);
  return { file: text(f.file), rev: count(f.rev), language: language(f.language) };
}

function language(value: unknown): string {
  return typeof value === 'string' && value !== '' ? value : 'plaintext';
}

function limit(value: unknown, fallback: number): number {
  return typeof value === 'number' && value > 0 ? value : fallback;
}

function limits(value: unknown): Limits {
  const f = typeof value === 'object' && value !== null ? (value as Fields) : {};
  return {
    frame_bytes: limit(f.frame_bytes, DEFAULT_LIMITS.frame_bytes),
    op_chars: limit(f.op_chars, DEFAULT_LIMITS.op_chars),
    ops_per_second: limit(f.ops_per_second, DEFAULT_LIMITS.ops_per_second),
  };
}

function range(value: unknown): Range {
  const pair = list(value);
  return [count(pair[0]), count(pair[1])];
}

function welcome(f: Fields): Welcome {
  const room = fields(f.room);
  return {
    type: 'welcome',
    site: count(f.site),
    role: typeof f.role === 'string' ? f.role : 'editor',
    room: { id: text(room.id), name: typeof room.name === 'string' ? room.name : '' },
    files: list(f.files).map(fileInfo),
    peers: list(f.peers).map(peer),
    chat: list(f.chat).map(chatMessage),
    limits: limits(f.limits),
  };
}

/** An operation that cannot be read is `undefined`: its file must be read anew. */
function readOp(value: unknown): TextOp | undefined {
  try {
    return parseOp(value);
  } catch {
    return undefined;
  }
}

function action(value: unknown): FileAction {
  if (value === 'create' || value === 'rename' || value === 'delete') return value;
  throw new Unfit();
}

type Reader = (f: Fields) => ServerMessage;

const READERS = new Map<string, Reader>([
  ['welcome', welcome],
  [
    'opened',
    (f) => ({
      type: 'opened',
      file: text(f.file),
      rev: count(f.rev),
      language: language(f.language),
      ...optional('text', f.text, text),
      ...optional('from', f.from, count),
    }),
  ],
  [
    'op',
    (f) => ({
      type: 'op',
      file: text(f.file),
      rev: count(f.rev),
      op: readOp(f.op),
      from: f.from === undefined ? count(f.rev) - 1 : count(f.from),
      ...optional('by', f.by, count),
    }),
  ],
  ['ack', (f) => ({ type: 'ack', file: text(f.file), seq: count(f.seq), rev: count(f.rev) })],
  [
    'cursor',
    (f) => ({
      type: 'cursor',
      site: count(f.site),
      file: text(f.file),
      rev: count(f.rev),
      ranges: list(f.ranges).map(range),
    }),
  ],
  ['join', (f) => ({ type: 'join', ...peer(f) })],
  ['leave', (f) => ({ type: 'leave', site: count(f.site) })],
  ['chat', (f) => ({ type: 'chat', ...chatMessage(f) })],
  [
    'file',
    (f) => ({
      type: 'file',
      action: action(f.do),
      file: text(f.file),
      ...optional('to', f.to, text),
      ...optional('language', f.language, language),
      ...optional('by', f.by, count),
    }),
  ],
  [
    'check',
    (f) => ({
      type: 'check',
      file: text(f.file),
      rev: count(f.rev),
      length: count(f.length),
      crc32: count(f.crc32),
    }),
  ],
  [
    'error',
    (f) => ({
      type: 'error',
      code: text(f.code),
      message: typeof f.message === 'string' ? f.message : '',
      ...optional('file', f.file, text),
      ...optional('seq', f.seq, count),
      ...optional('retryMs', f.retry_ms, count),
      fatal: f.fatal === true,
    }),
  ],
]);

export function readMessage(frame: string): ServerMessage | undefined {
  try {
    const f = fields(JSON.parse(frame));
    return READERS.get(text(f.type))?.(f);
  } catch {
    return undefined;
  }
}
