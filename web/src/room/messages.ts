// What the server says, checked field by field. Names, colours and file names
// come from other people: nothing here is trusted to have the type it should.

import { parseOp, BadOp, type TextOp } from '../client/text-op';
import type {
  AiCompletion, AiProposal, AiState, AiSuggestion, FileAction, FileRef, Peer, RoomFileInfo, Selection,
} from './api';
import { roleOf, type Role } from './roles';

export interface Limits {
  readonly frameBytes: number;
  readonly opChars: number;
}

export interface ChatLine {
  readonly n: number;
  readonly name: string;
  readonly text: string;
  readonly at: number;
  readonly site: number | undefined;
  readonly id: number | undefined;
}

export interface Welcome {
  readonly type: 'welcome';
  readonly site: number;
  readonly role: Role;
  readonly roomName: string;
  readonly files: readonly RoomFileInfo[];
  readonly peers: readonly Peer[];
  readonly chat: readonly ChatLine[];
  readonly limits: Limits;
}

export interface Opened extends FileRef {
  readonly type: 'opened';
  readonly rev: number;
  readonly language: string;
  readonly text: string | undefined;
  readonly from: number; // of no meaning when there is a text
}

export interface ServerError {
  readonly type: 'error';
  readonly code: string;
  readonly message: string;
  readonly file: string | undefined;
  readonly seq: number | undefined;
  readonly id: number | undefined; // of a chat message
  readonly retryMs: number | undefined;
  readonly ask: number | undefined; // of what the AI was asked
}

export interface FileChange extends FileRef {
  readonly type: 'file';
  readonly action: FileAction;
  readonly to: string;
  readonly language: string | undefined;
}

export type FileRename = Omit<FileChange, 'type' | 'action'>;

export type ServerMessage =
  | Welcome
  | Opened
  | { type: 'op'; file: string; rev: number; from: number; op: TextOp; by: number | undefined }
  | { type: 'ack'; file: string; seq: number; rev: number }
  | { type: 'cursor'; site: number; file: string; rev: number; ranges: Selection[] }
  | { type: 'join'; peer: Peer }
  | { type: 'leave'; site: number }
  | { type: 'role'; role: Role }
  | { type: 'chat'; line: ChatLine }
  | FileChange
  | { type: 'check'; file: string; rev: number; length: number; crc32: number }
  | { type: 'ai'; state: AiState }
  | { type: 'completion'; ask: number; completion: AiCompletion }
  | { type: 'thinking'; ask: number; text: string }
  | { type: 'proposal'; ask: number | undefined; proposal: AiProposal }
  | ServerError;

const DEFAULT_COLOR = '#7a7f87';
const DEFAULT_NAME = 'Somebody';
const MAX_NAME_LENGTH = 80;
const MAX_RANGES = 100;
/** Until the server has told its own. */
export const DEFAULT_LIMITS: Limits = { frameBytes: 65_536, opChars: 16_384 };
// Controls, and what turns the direction of the text around it.
const NOT_IN_A_NAME = /[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g;

class Malformed extends Error {}

type Fields = Record<string, unknown>;

function fields(value: unknown): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Malformed();
  return value as Fields;
}

function text(value: unknown): string {
  if (typeof value !== 'string') throw new Malformed();
  return value;
}

function count(value: unknown): number {
  if (!Number.isSafeInteger(value) || (value as number) < 0) throw new Malformed();
  return value as number;
}

function list<T>(value: unknown, each: (item: unknown) => T): T[] {
  if (!Array.isArray(value)) throw new Malformed();
  return value.map(each);
}

function optional<T>(value: unknown, read: (value: unknown) => T): T | undefined {
  return value === undefined || value === null ? undefined : read(value);
}

function nameOf(value: unknown): string {
  if (typeof value !== 'string') return DEFAULT_NAME;
  const clean = value.replace(NOT_IN_A_NAME, '').trim();
  return Array.from(clean).slice(0, MAX_NAME_LENGTH).join('') || DEFAULT_NAME;
}

function peer(value: unknown): Peer {
  const { site, name, color, role } = fields(value);
  return {
    site: count(site),
    name: nameOf(name),
    color: typeof color === 'string' && /^#[0-9a-f]{6}$/i.test(color) ? color : DEFAULT_COLOR,
    role: roleOf(role),
  };
}

function chatLine(value: unknown): ChatLine {
  const { n, name, text: said, at, site, id } = fields(value);
  return {
    n: count(n),
    name: nameOf(name),
    text: text(said),
    at: count(at),
    site: optional(site, count),
    id: optional(id, count),
  };
}

function fileInfo(value: unknown): RoomFileInfo {
  const { file, id, language } = fields(value);
  return { file: text(file), id: optional(id, count), language: optional(language, text) ?? '' };
}

function selection(value: unknown): Selection {
  if (!Array.isArray(value)) throw new Malformed();
  return { anchor: count(value[0]), head: count(value[1]) };
}

function limitsOf(value: unknown): Limits {
  const { frame_bytes, op_chars } = fields(value ?? {});
  return {
    frameBytes: optional(frame_bytes, count) ?? DEFAULT_LIMITS.frameBytes,
    opChars: optional(op_chars, count) ?? DEFAULT_LIMITS.opChars,
  };
}

function welcome(m: Fields): Welcome {
  return {
    type: 'welcome',
    site: count(m['site']),
    role: roleOf(m['role']),
    roomName: text(fields(m['room'])['name'] ?? ''),
    files: list(m['files'], fileInfo),
    peers: list(m['peers'], peer),
    chat: list(m['chat'] ?? [], chatLine),
    limits: limitsOf(m['limits']),
  };
}

function opened(m: Fields): Opened {
  const whole = optional(m['text'], text);
  return {
    type: 'opened',
    file: text(m['file']),
    id: optional(m['id'], count),
    rev: count(m['rev']),
    language: optional(m['language'], text) ?? '',
    text: whole,
    from: whole === undefined ? count(m['from']) : 0,
  };
}

function serverError(m: Fields): ServerError {
  return {
    type: 'error',
    code: text(m['code']),
    message: optional(m['message'], text) ?? '',
    file: optional(m['file'], text),
    seq: optional(m['seq'], count),
    id: optional(m['id'], count),
    retryMs: optional(m['retry_ms'], count),
    ask: optional(m['ask'], count),
  };
}

function fileChange(m: Fields): FileChange {
  const action = text(m['do']);
  if (action !== 'create' && action !== 'rename' && action !== 'delete') throw new Malformed();
  return {
    type: 'file',
    action,
    file: text(m['file']),
    id: optional(m['id'], count),
    to: action === 'rename' ? text(m['to']) : '',
    language: optional(m['language'], text),
  };
}

function operation(m: Fields): ServerMessage {
  const rev = count(m['rev']);
  return {
    type: 'op',
    file: text(m['file']),
    rev,
    from: optional(m['from'], count) ?? rev - 1,
    op: parseOp(m['op']),
    by: optional(m['by'], count),
  };
}

function cursor(m: Fields): ServerMessage {
  return {
    type: 'cursor',
    site: count(m['site']),
    file: text(m['file']),
    rev: count(m['rev']),
    ranges: list(m['ranges'], selection).slice(0, MAX_RANGES),
  };
}

function check(m: Fields): ServerMessage {
  return {
    type: 'check',
    file: text(m['file']),
    rev: count(m['rev']),
    length: count(m['length']),
    crc32: count(m['crc32']),
  };
}

function aiState(m: Fields): ServerMessage {
  const mode = text(m['mode']);
  if (mode !== 'off' && mode !== 'local' && mode !== 'on') throw new Malformed();
  const state: AiState = {
    mode,
    provider: text(m['provider']),
    model: optional(m['model'], text),
    host: optional(m['host'], text),
    can: new Set(list(m['can'], text)),
  };
  return { type: 'ai', state };
}

function suggestion(value: unknown): AiSuggestion {
  const { insert, replace } = fields(value);
  if (!Array.isArray(replace)) throw new Malformed();
  return { insert: text(insert), from: count(replace[0]), to: count(replace[1]) };
}

function completion(m: Fields): ServerMessage {
  return {
    type: 'completion',
    ask: count(m['ask']),
    completion: {
      file: text(m['file']),
      rev: count(m['rev']),
      suggestions: list(m['suggestions'], suggestion),
      words: list(m['words'], suggestion),
      provider: text(m['provider']),
      more: m['more'] === true,
      problem: optional(m['problem'], text),
      retryMs: optional(m['retry_ms'], count),
    },
  };
}

function proposal(m: Fields): ServerMessage {
  return {
    type: 'proposal',
    ask: optional(m['ask'], count),
    proposal: {
      file: text(m['file']),
      rev: count(m['rev']),
      op: parseOp(m['op']),
      summary: text(m['summary']),
      provider: text(m['provider']),
      chat: optional(m['chat'], count),
    },
  };
}

const READERS = new Map<unknown, (m: Fields) => ServerMessage>([
  ['welcome', welcome],
  ['opened', opened],
  ['op', operation],
  ['ack', (m) => ({ type: 'ack', file: text(m['file']), seq: count(m['seq']), rev: count(m['rev']) })],
  ['cursor', cursor],
  ['join', (m) => ({ type: 'join', peer: peer(m) })],
  ['leave', (m) => ({ type: 'leave', site: count(m['site']) })],
  ['role', (m) => ({ type: 'role', role: roleOf(text(m['role'])) })],
  ['chat', (m) => ({ type: 'chat', line: chatLine(m) })],
  ['file', fileChange],
  ['check', check],
  ['ai', aiState],
  ['completion', completion],
  ['thinking', (m) => ({ type: 'thinking', ask: count(m['ask']), text: optional(m['text'], text) ?? '' })],
  ['proposal', proposal],
  ['error', serverError],
]);

/** Undefined for what is unknown or malformed: a gap in a file's operations heals itself. */
export function parseMessage(frame: string): ServerMessage | undefined {
  try {
    const message = fields(JSON.parse(frame));
    return READERS.get(message['type'])?.(message);
  } catch (error) {
    if (error instanceof Malformed || error instanceof SyntaxError || error instanceof BadOp) return undefined;
    throw error;
  }
}
