import { describe, expect, it } from 'vitest';
import { type as reference } from 'ot-text-unicode';
import {
  apply, BadOp, compose, endOfEdit, invert, parseOp, transform, transformPosition, type Side, type TextOp,
} from '../src/client/text-op';
import { splitOp } from '../src/client/split-op';
import { diff } from '../src/client/text-diff';
import { ChunkedText } from '../src/client/chunked-text';
import { countCodePoints } from '../src/client/unicode';
import { forSeeds } from './support/random';

type ReferenceOp = Parameters<typeof reference.compose>[0];

function wire(op: TextOp): ReferenceOp {
  return op.toJSON() as ReferenceOp;
}

/** What an operation does, said another way: what is put before each character, what goes. */
function effectOf(op: TextOp, length: number): { inserted: string[]; removed: boolean[] } {
  const inserted = Array.from({ length: length + 1 }, () => '');
  const removed = Array.from({ length }, () => false);
  let at = 0;
  for (const part of op.toJSON()) {
    if (typeof part === 'string') inserted[at] += part;
    else if (typeof part === 'number') at += part;
    else removed.fill(true, at, (at += part.d));
  }
  return { inserted, removed };
}

/** Both edits of one text, merged character by character. */
function merge(text: string, left: TextOp, right: TextOp): string {
  const characters = Array.from(text);
  const a = effectOf(left, characters.length);
  const b = effectOf(right, characters.length);
  return [...characters, '']
    .map((c, i) => `${a.inserted[i]}${b.inserted[i]}${a.removed[i] || b.removed[i] ? '' : c}`)
    .join('');
}

describe('operations', () => {
  it.each<[string, unknown[], string]>([
    ['', [], ''],
    ['', ['a'], 'a'],
    ['abc', [1, 'X'], 'aXbc'],
    ['abc', [1, { d: 1 }, 'X'], 'aXc'],
    ['a😀b', [2, 'é'], 'a😀éb'],
    ['😀😀', [{ d: 1 }], '😀'],
  ])('apply %j %j', (text, op, after) => {
    expect(apply(text, parseOp(op))).toBe(after);
  });

  it.each<[unknown[], unknown[], Side, unknown[]]>([
    [['a'], ['b'], 'left', ['a']],
    [['a'], ['b'], 'right', [1, 'a']],
    [[1, 'x'], [{ d: 1 }], 'left', ['x']],
    [[{ d: 2 }], [1, 'x'], 'left', [{ d: 1 }, 1, { d: 1 }]],
    [[{ d: 2 }], [{ d: 1 }], 'right', [{ d: 1 }]],
    [[1, '*'], [{ d: 1 }], 'left', ['*']],
    [[3, 'x'], [1, '😀'], 'left', [4, 'x']],
  ])('transform %j over %j as %s', (op, against, side, expected) => {
    expect(transform(parseOp(op), parseOp(against), side).toJSON()).toEqual(expected);
  });

  it.each([['[0]'], ['[-1]'], ['[1.5]'], ['[""]'], ['["\\ud800"]'], ['["\\u0000"]'], ['[{"d":0}]'], ['[{}]'], ['[null]'], ['{}'], ['null']])(
    'refuses %s',
    (json) => expect(() => parseOp(JSON.parse(json))).toThrow(BadOp),
  );

  it('are canonical when read', () => {
    expect(parseOp([1, 2, 'a', 'b', { d: 1 }, { d: 2 }, 9]).toJSON()).toEqual([3, 'ab', { d: 3 }]);
  });

  it('agree with a merge character by character', () => {
    forSeeds(2000, (random) => {
      const text = random.text(20);
      const length = countCodePoints(text);
      const a = random.op(length);
      const b = random.op(length);
      const expected = merge(text, a, b);
      expect(apply(apply(text, b), transform(a, b, 'left'))).toBe(expected);
      expect(apply(apply(text, a), transform(b, a, 'right'))).toBe(expected);
    });
  });

  it('compose, invert, split and diff to what they say', () => {
    forSeeds(1000, (random) => {
      const text = random.text(30);
      const a = random.op(countCodePoints(text));
      const after = apply(text, a);
      const b = random.op(countCodePoints(after));
      const end = apply(after, b);
      expect(apply(text, compose(a, b))).toBe(end);
      expect(apply(after, invert(a, new ChunkedText(text)))).toBe(text);
      expect(apply(text, diff(text, end))).toBe(end);
      const [head, tail] = splitOp(a, { insertedChars: 2, jsonBytes: 60 });
      expect(head.inserted).toBeLessThanOrEqual(2);
      expect(apply(text, tail ? compose(head, tail) : head)).toBe(after);
    });
  });

  it('with very many components are cut to what the server takes', () => {
    const op = parseOp(Array.from({ length: 15_000 }, (_, i) => (i % 2 ? 'x' : 1)));
    const [head, tail] = splitOp(op, { insertedChars: 1e6, jsonBytes: 1e7 });
    expect(head.components.length).toBeLessThanOrEqual(5000);
    expect(compose(head, tail as TextOp).toJSON()).toEqual(op.toJSON());
  });

  it('agree with ot-text-unicode', () => {
    forSeeds(2000, (random) => {
      const text = random.text(20);
      const length = countCodePoints(text);
      const a = random.op(length);
      const b = random.op(length);
      const after = reference.apply(text, wire(a));
      const next = random.op(countCodePoints(after));
      const position = random.below(length + 1);
      expect(apply(text, a)).toBe(after);
      for (const side of ['left', 'right'] as const) {
        expect(transform(a, b, side).toJSON()).toEqual(reference.transform(wire(a), wire(b), side));
      }
      expect(compose(a, next).toJSON()).toEqual(reference.compose(wire(a), wire(next)));
      expect(transformPosition(position, a)).toBe(reference.transformPosition(position, wire(a)));
    });
  });

  it('know where they end', () => {
    expect(endOfEdit(parseOp([2, 'ab', { d: 3 }]))).toBe(4);
    expect(endOfEdit(parseOp([2, { d: 3 }]))).toBe(2);
  });
});
