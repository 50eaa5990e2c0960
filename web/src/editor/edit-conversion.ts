// From Monaco's edits to operations and back. Monaco counts UTF-16 units,
// operations count code points; a ChunkedText that holds the text before the
// edit knows both.

import type { ChunkedText } from '../client/chunked-text';
import { OpBuilder, type TextOp } from '../client/text-op';
import { isAllowedText } from '../client/unicode';

export interface UnitChange {
  readonly rangeOffset: number;
  readonly rangeLength: number;
  readonly text: string;
}

/** `length` units at `offset`, all in the text before the edit, give way to `text`. */
export interface UnitEdit {
  offset: number;
  length: number;
  text: string;
}

function splitsCharacter(offset: number, before: ChunkedText): boolean {
  return before.toUtf16(before.toCodePoints(offset)) !== offset;
}

function isClean(change: UnitChange, before: ChunkedText): boolean {
  return (
    isAllowedText(change.text) &&
    !change.text.includes('\r') &&
    !splitsCharacter(change.rangeOffset, before) &&
    !splitsCharacter(change.rangeOffset + change.rangeLength, before)
  );
}

/**
 * One operation for the changes of one event. They do not overlap, each is
 * relative to the text before the event, and Monaco lists them from the last to
 * the first. Undefined when no operation can say what they do: half a
 * character, or text that the server does not take.
 */
export function changesToOp(
  changes: readonly UnitChange[],
  before: ChunkedText,
): TextOp | undefined {
  if (!changes.every((change) => isClean(change, before))) return undefined;
  const ascending = [...changes].reverse().sort((a, b) => a.rangeOffset - b.rangeOffset);
  const op = new OpBuilder();
  let reached = 0;
  for (const change of ascending) {
    const start = before.toCodePoints(change.rangeOffset);
    const end = before.toCodePoints(change.rangeOffset + change.rangeLength);
    op.keep(start - reached)
      .insert(change.text)
      .remove(end - start);
    reached = end;
  }
  return op.build();
}

/** The edits that do what the operation does; neighbours are one edit. */
export function opToEdits(op: TextOp, before: ChunkedText): UnitEdit[] {
  const edits: UnitEdit[] = [];
  let at = 0;
  let open: UnitEdit | undefined;
  for (const component of op.components) {
    if (component.kind === 'keep') {
      at += component.chars;
      open = undefined;
      continue;
    }
    if (!open) edits.push((open = { offset: before.toUtf16(at), length: 0, text: '' }));
    if (component.kind === 'insert') {
      open.text += component.text;
    } else {
      at += component.chars;
      open.length = before.toUtf16(at) - open.offset;
    }
  }
  return edits;
}

const HIGH_SURROGATE = /[\ud800-\udbff]/;
const LOW_SURROGATE = /[\udc00-\udfff]/;

/** The one edit that makes `after` out of `before`; it never cuts a pair in two. */
export function differingPart(before: string, after: string): UnitEdit {
  const shorter = Math.min(before.length, after.length);
  let start = 0;
  while (start < shorter && before[start] === after[start]) start++;
  if (start > 0 && HIGH_SURROGATE.test(before[start - 1] as string)) start--;
  let tail = 0;
  while (tail < shorter - start && before.at(-1 - tail) === after.at(-1 - tail)) tail++;
  if (tail > 0 && LOW_SURROGATE.test(before.at(-tail) as string)) tail--;
  return {
    offset: start,
    length: before.length - tail - start,
    text: after.slice(start, after.length - tail),
  };
}
