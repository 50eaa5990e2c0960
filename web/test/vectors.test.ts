// Vectors of the server's algebra (tests/ot/make_vectors.cpp): both ends of the
// wire, and the library whose format it is, must agree to the letter.

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type as reference } from 'ot-text-unicode';
import { ChunkedText } from '../src/client/chunked-text';
import { apply, compose, invert, parseOp, transform, transformPosition } from '../src/client/text-op';

type Op = Parameters<typeof reference.compose>[0];

interface Vector {
  text: string;
  a: Op;
  b: Op;
  left: Op;
  right: Op;
  after_a: string;
  next: Op;
  composed: Op;
  inverse: Op;
  position: number;
  position_after: number;
}

const path = process.env['TANDEM_TEST_VECTORS'];
if (!path) console.log('skipped: TANDEM_TEST_VECTORS names no file of vectors (build/make_vectors COUNT SEED)');

function ours(v: Vector): Partial<Vector> {
  const [a, b] = [parseOp(v.a), parseOp(v.b)];
  return {
    left: transform(a, b, 'left').toJSON(),
    right: transform(a, b, 'right').toJSON(),
    after_a: apply(v.text, a),
    composed: compose(a, parseOp(v.next)).toJSON(),
    inverse: invert(a, new ChunkedText(v.text)).toJSON(),
    position_after: transformPosition(v.position, a),
  };
}

function theirs(v: Vector): Partial<Vector> {
  return {
    left: reference.transform(v.a, v.b, 'left'),
    right: reference.transform(v.a, v.b, 'right'),
    after_a: reference.apply(v.text, v.a),
    composed: reference.compose(v.a, v.next),
    position_after: reference.transformPosition(v.position, v.a),
  };
}

describe.skipIf(!path)('vectors', () => {
  it('hold in the client library and in ot-text-unicode', () => {
    const lines = readFileSync(path as string, 'utf8').split('\n').filter(Boolean);
    expect(lines.length).toBeGreaterThan(0);
    for (const line of lines) {
      const vector = JSON.parse(line) as Vector;
      expect(vector, line).toMatchObject(ours(vector));
      expect(vector, line).toMatchObject(theirs(vector));
    }
  });
});
