// Cutting an operation that is too large for one message into two that are
// sent one after the other: compose(head, tail) is the operation.

import { OpBuilder, type Component, type TextOp } from './text-op';
import { countCodePoints, unitsWithinJsonBytes } from './unicode';

export interface OpLimits {
  /** Characters that one operation may insert. */
  readonly insertedChars: number;
  /** UTF-8 bytes of the operation as JSON. */
  readonly jsonBytes: number;
}

const BYTES_OF_A_NUMBER = 20; // {"d":4294967295}, and a comma
const BYTES_OF_QUOTES = 3;
const MOST_BYTES_OF_A_UNIT = 6; // \u0001
const MOST_COMPONENTS = 5000; // the server takes 10,000 unless it is told otherwise

function surelyFits(op: TextOp, limits: OpLimits): boolean {
  const units = op.components.reduce((sum, c) => sum + c.text.length, 0);
  const bytes = op.components.length * BYTES_OF_A_NUMBER + units * MOST_BYTES_OF_A_UNIT;
  const isShort = op.components.length <= MOST_COMPONENTS;
  return isShort && op.inserted <= limits.insertedChars && bytes <= limits.jsonBytes;
}

/** How much of an insert fits: all of it, or a part of its text. */
function fittingPart(c: Component, chars: number, bytes: number): Component {
  const units = unitsWithinJsonBytes(c.text, 0, bytes - BYTES_OF_QUOTES);
  if (units === c.text.length && c.chars <= chars) return c;
  const byBytes = c.text.slice(0, Math.max(units, 0));
  const points = countCodePoints(byBytes);
  if (points <= chars) return { kind: 'insert', chars: points, text: byBytes };
  const text = Array.from(byBytes).slice(0, Math.max(chars, 0)).join('');
  return { kind: 'insert', chars: countCodePoints(text), text };
}

function jsonBytes(c: Component): number {
  if (c.kind !== 'insert') return BYTES_OF_A_NUMBER;
  return new TextEncoder().encode(JSON.stringify(c.text)).length + 1;
}

/**
 * The largest first part that keeps the limits, and what is left of the rest.
 * REQUIRES: limits that admit one component of one character.
 */
export function splitOp(op: TextOp, limits: OpLimits): [TextOp, TextOp | undefined] {
  if (surelyFits(op, limits)) return [op, undefined];
  const head = new OpBuilder();
  const tail = new OpBuilder(); // on the text after `head`
  let chars = limits.insertedChars;
  let bytes = limits.jsonBytes;
  let index = 0;
  for (; index < Math.min(op.components.length, MOST_COMPONENTS); index++) {
    const c = op.components[index] as Component;
    const part = c.kind === 'insert' ? fittingPart(c, chars, bytes) : c;
    bytes -= jsonBytes(part);
    if (bytes < 0 || part.chars === 0) break;
    head.component(part);
    if (c.kind === 'insert') chars -= part.chars;
    if (c.kind !== 'remove') tail.keep(part.chars);
    if (part === c) continue;
    tail.insert(c.text.slice(part.text.length), c.chars - part.chars);
    index++;
    break;
  }
  for (const c of op.components.slice(index)) tail.component(c);
  const rest = tail.build();
  return [head.build(), rest.isIdentity ? undefined : rest];
}
