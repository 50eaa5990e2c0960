// An operation that brings one text to another, found by comparing them: for
// the rare moments when the operations themselves are not to be had (history
// is gone, a text was found to differ). Pending edits are then carried over it,
// so it should touch no more than what differs: lines that occur once in both
// texts stay, and what lies between two of them is trimmed to the difference.

import { OpBuilder, type TextOp } from './text-op';
import { countCodePoints, isHighSurrogate, isLowSurrogate } from './unicode';

interface Span {
  from: number;
  to: number;
}

interface Line extends Span {
  text: string;
}

function linesOf(text: string): Line[] {
  const lines: Line[] = [];
  for (let from = 0; from < text.length; ) {
    const newline = text.indexOf('\n', from);
    const to = newline < 0 ? text.length : newline + 1;
    lines.push({ text: text.slice(from, to), from, to });
    from = to;
  }
  return lines;
}

function uniqueLines(lines: Line[]): Map<string, number> {
  const places = new Map<string, number>();
  lines.forEach((line, index) => places.set(line.text, places.has(line.text) ? -1 : index));
  return places;
}

/** The longest rising chain of pairs, by the second number. O(n log n). */
function longestRising(pairs: [number, number][]): [number, number][] {
  const tails: number[] = []; // index into pairs of the smallest end of a chain of each length
  const previous: number[] = [];
  pairs.forEach(([, target], index) => {
    let low = 0;
    let high = tails.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((pairs[tails[middle] as number] as [number, number])[1] < target) low = middle + 1;
      else high = middle;
    }
    previous[index] = low > 0 ? (tails[low - 1] as number) : -1;
    tails[low] = index;
  });
  const chain: [number, number][] = [];
  for (let at = tails[tails.length - 1] ?? -1; at >= 0; at = previous[at] as number) {
    chain.push(pairs[at] as [number, number]);
  }
  return chain.reverse();
}

/** Lines that are once in either text, in the same order in both. */
function commonLines(before: string, after: string): [Line, Line][] {
  const left = linesOf(before);
  const right = linesOf(after);
  const places = uniqueLines(right);
  const pairs: [number, number][] = [];
  for (const [text, index] of uniqueLines(left)) {
    const other = places.get(text) ?? -1;
    if (index >= 0 && other >= 0) pairs.push([index, other]);
  }
  pairs.sort((a, b) => a[0] - b[0]);
  return longestRising(pairs).map(([l, r]) => [left[l] as Line, right[r] as Line]);
}

function commonStart(a: string, b: string): number {
  const end = Math.min(a.length, b.length);
  let at = 0;
  while (at < end && a.charCodeAt(at) === b.charCodeAt(at)) at++;
  return at > 0 && isHighSurrogate(a.charCodeAt(at - 1)) ? at - 1 : at;
}

function commonEnd(a: string, b: string, start: number): number {
  const end = Math.min(a.length, b.length) - start;
  let count = 0;
  while (count < end && a.charCodeAt(a.length - 1 - count) === b.charCodeAt(b.length - 1 - count)) {
    count++;
  }
  return count > 0 && isLowSurrogate(a.charCodeAt(a.length - count)) ? count - 1 : count;
}

function appendTrimmed(builder: OpBuilder, before: string, after: string): void {
  const start = commonStart(before, after);
  const end = commonEnd(before, after, start);
  builder.keep(countCodePoints(before.slice(0, start)));
  builder.insert(after.slice(start, after.length - end));
  builder.remove(countCodePoints(before.slice(start, before.length - end)));
  builder.keep(countCodePoints(before.slice(before.length - end)));
}

/** apply(before, diff(before, after)) === after. */
export function diff(before: string, after: string): TextOp {
  const builder = new OpBuilder();
  const start = commonStart(before, after);
  const end = commonEnd(before, after, start);
  const oldMiddle = before.slice(start, before.length - end);
  const newMiddle = after.slice(start, after.length - end);
  builder.keep(countCodePoints(before.slice(0, start)));
  let oldAt = 0;
  let newAt = 0;
  for (const [oldLine, newLine] of commonLines(oldMiddle, newMiddle)) {
    appendTrimmed(builder, oldMiddle.slice(oldAt, oldLine.from), newMiddle.slice(newAt, newLine.from));
    builder.keep(countCodePoints(oldLine.text));
    oldAt = oldLine.to;
    newAt = newLine.to;
  }
  appendTrimmed(builder, oldMiddle.slice(oldAt), newMiddle.slice(newAt));
  return builder.build();
}
