// A text that is edited by operations and answers in both units: code points
// (the protocol's) and UTF-16 (the editors'). It is the index from one to the
// other, the source of the characters that an undo restores, and the confirmed
// text of a file.
//
// A list of chunks that each know their number of characters. Where a text has
// no astral character the two units are the same and conversion is O(1);
// otherwise it walks the chunk counts (about one per 4,096 units) and scans one
// chunk at most. An edit touches the chunks it reaches and counts only what is
// new.
//
// Invariants
//  1. No chunk is empty, none is longer than MAX_UNITS, none splits a pair.
//  2. `chars` of each chunk is its number of code points; `length` and
//     `utf16Length` are the sums.

import type { TextOp } from './text-op';
import { advance, countCodePoints, isHighSurrogate, isLowSurrogate } from './unicode';

const MAX_UNITS = 8192;
const FILL_UNITS = 4096;
const MIN_UNITS = 1024;

interface Chunk {
  text: string;
  chars: number;
}

interface Place {
  chunk: number;
  charsBefore: number;
  unitsBefore: number;
}

function cut(text: string): Chunk[] {
  const chunks: Chunk[] = [];
  for (let at = 0; at < text.length; ) {
    let end = Math.min(at + FILL_UNITS, text.length);
    if (end < text.length && isHighSurrogate(text.charCodeAt(end - 1))) end++;
    const piece = text.slice(at, end);
    chunks.push({ text: piece, chars: countCodePoints(piece) });
    at = end;
  }
  return chunks;
}

function unitOffset(chunk: Chunk, chars: number): number {
  return chunk.text.length === chunk.chars ? chars : advance(chunk.text, 0, chars);
}

export class ChunkedText {
  private chunks: Chunk[];
  private chars: number;
  private units: number;

  constructor(text = '') {
    this.chunks = cut(text);
    this.units = text.length;
    this.chars = this.chunks.reduce((sum, chunk) => sum + chunk.chars, 0);
  }

  /** Code points. */
  get length(): number {
    return this.chars;
  }

  get utf16Length(): number {
    return this.units;
  }

  toString(): string {
    return this.chunks.map((chunk) => chunk.text).join('');
  }

  /** The UTF-16 offset of a code point position. REQUIRES: 0 <= position <= length. */
  toUtf16(position: number): number {
    if (this.chars === this.units) return position;
    const place = this.findChar(position);
    const chunk = this.chunks[place.chunk];
    return place.unitsBefore + (chunk ? unitOffset(chunk, position - place.charsBefore) : 0);
  }

  /** The code point position of a UTF-16 offset; inside a pair, that of the pair. */
  toCodePoints(offset: number): number {
    if (this.chars === this.units) return offset;
    const place = this.findUnit(offset);
    const chunk = this.chunks[place.chunk];
    if (!chunk) return place.charsBefore;
    const within = this.startOfCharacter(chunk, offset - place.unitsBefore);
    return place.charsBefore + countCodePoints(chunk.text.slice(0, within));
  }

  /** The characters from one code point position to another. */
  slice(from: number, to: number): string {
    if (from >= to) return '';
    const first = this.findChar(from);
    const parts: string[] = [];
    let at = first.charsBefore;
    for (let i = first.chunk; i < this.chunks.length && at < to; i++) {
      const chunk = this.chunks[i] as Chunk;
      const start = at < from ? unitOffset(chunk, from - at) : 0;
      const end = at + chunk.chars > to ? unitOffset(chunk, to - at) : chunk.text.length;
      parts.push(chunk.text.slice(start, end));
      at += chunk.chars;
    }
    return parts.join('');
  }

  /** REQUIRES: op.reach <= length. */
  apply(op: TextOp): void {
    let at = 0;
    for (const c of op.components) {
      if (c.kind === 'remove') this.replace(at, c.chars, '', 0);
      else if (c.kind === 'insert') this.replace(at, 0, c.text, c.chars);
      if (c.kind !== 'remove') at += c.chars;
    }
  }

  private replace(position: number, removed: number, text: string, chars: number): void {
    const first = this.findChar(position);
    const last = removed === 0 ? first : this.findChar(position + removed);
    const head = this.chunks[first.chunk];
    const tail = this.chunks[last.chunk];
    const headUnits = head ? unitOffset(head, position - first.charsBefore) : 0;
    const tailUnits = tail ? unitOffset(tail, position + removed - last.charsBefore) : 0;
    const joined =
      (head ? head.text.slice(0, headUnits) : '') + text + (tail ? tail.text.slice(tailUnits) : '');
    const spanEnd = last.charsBefore + (tail ? tail.chars : 0);
    const joinedChars = spanEnd - first.charsBefore - removed + chars;
    const unitsRemoved = last.unitsBefore + tailUnits - first.unitsBefore - headUnits;
    this.chars += chars - removed;
    this.units += text.length - unitsRemoved;
    this.put(first.chunk, last.chunk, joined, joinedChars);
  }

  /** `text` takes the place of the chunks from `first` to `last`. */
  private put(first: number, last: number, text: string, chars: number): void {
    const count = Math.min(last + 1, this.chunks.length) - first;
    const pieces = text.length > MAX_UNITS ? cut(text) : text === '' ? [] : [{ text, chars }];
    this.chunks.splice(first, count, ...pieces);
    if (text.length < MIN_UNITS) this.joinWithNeighbour(first);
  }

  private joinWithNeighbour(index: number): void {
    const left = index > 0 ? index - 1 : index;
    const a = this.chunks[left];
    const b = this.chunks[left + 1];
    if (!a || !b || a.text.length + b.text.length > MAX_UNITS) return;
    this.chunks.splice(left, 2, { text: a.text + b.text, chars: a.chars + b.chars });
  }

  /** The chunk that holds the position; a position between two chunks is in the left one. */
  private findChar(position: number): Place {
    const place = { chunk: 0, charsBefore: 0, unitsBefore: 0 };
    for (const end = this.chunks.length - 1; place.chunk < end; place.chunk++) {
      const chunk = this.chunks[place.chunk] as Chunk;
      if (place.charsBefore + chunk.chars >= position) break;
      place.charsBefore += chunk.chars;
      place.unitsBefore += chunk.text.length;
    }
    return place;
  }

  private findUnit(offset: number): Place {
    const place = { chunk: 0, charsBefore: 0, unitsBefore: 0 };
    for (const end = this.chunks.length - 1; place.chunk < end; place.chunk++) {
      const chunk = this.chunks[place.chunk] as Chunk;
      if (place.unitsBefore + chunk.text.length >= offset) break;
      place.charsBefore += chunk.chars;
      place.unitsBefore += chunk.text.length;
    }
    return place;
  }

  private startOfCharacter(chunk: Chunk, units: number): number {
    const inside =
      units > 0 &&
      isLowSurrogate(chunk.text.charCodeAt(units)) &&
      isHighSurrogate(chunk.text.charCodeAt(units - 1));
    return inside ? units - 1 : units;
  }
}
