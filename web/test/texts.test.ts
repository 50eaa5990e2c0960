import { crc32 as zlibCrc32 } from './support/crc32';
import { describe, expect, it } from 'vitest';
import { ChunkedText } from '../src/client/chunked-text';
import { apply } from '../src/client/text-op';
import {
  advance, countCodePoints, crc32, isAllowedText, sanitizeText, unitsWithinJsonBytes,
} from '../src/client/unicode';
import { forSeeds, type Random } from './support/random';

function expectSame(chunked: ChunkedText, text: string, random: Random): void {
  const characters = Array.from(text);
  expect(chunked.toString()).toBe(text);
  expect([chunked.length, chunked.utf16Length]).toEqual([characters.length, text.length]);
  const to = random.below(characters.length + 1);
  const from = random.below(to + 1);
  expect(chunked.slice(from, to)).toBe(characters.slice(from, to).join(''));
  const units = characters.slice(0, to).join('').length;
  expect(chunked.toUtf16(to)).toBe(units);
  expect(chunked.toCodePoints(units)).toBe(to);
  const character = characters[to] ?? '';
  if (character.length === 2) expect(chunked.toCodePoints(units + 1)).toBe(to);
}

describe('ChunkedText', () => {
  it('is the text that a naive walk gives', () => {
    forSeeds(200, (random) => {
      let text = random.text(60);
      const chunked = new ChunkedText(text);
      for (let step = 0; step < 20; step++) {
        const op = random.op(countCodePoints(text));
        text = apply(text, op);
        chunked.apply(op);
        expectSame(chunked, text, random);
      }
    });
  });

  it('holds over many chunks', () => {
    forSeeds(5, (random) => {
      let text = Array.from({ length: 2000 }, () => random.text(30)).join('');
      const chunked = new ChunkedText(text);
      for (let step = 0; step < 10; step++) {
        const op = random.op(countCodePoints(text));
        text = apply(text, op);
        chunked.apply(op);
        expectSame(chunked, text, random);
      }
    });
  });
});

describe('unicode', () => {
  it('counts as Array.from does', () => {
    forSeeds(200, (random) => {
      const text = random.text(30);
      const characters = Array.from(text);
      const from = random.below(characters.length + 1);
      const start = characters.slice(0, from).join('').length;
      expect(countCodePoints(text)).toBe(characters.length);
      expect(advance(text, start, characters.length - from)).toBe(text.length);
      expect(crc32(text)).toBe(zlibCrc32(text));
    });
  });

  it('fits a text into bytes of JSON', () => {
    forSeeds(200, (random) => {
      const text = random.text(20) + '\u0001"\\' + random.text(5);
      const budget = random.below(60);
      const units = unitsWithinJsonBytes(text, 0, budget);
      const bytes = (part: string): number => Buffer.byteLength(JSON.stringify(part)) - 2;
      expect(bytes(text.slice(0, units))).toBeLessThanOrEqual(budget);
      const one = String.fromCodePoint(text.codePointAt(units) ?? 0x20);
      if (units < text.length) expect(bytes(text.slice(0, units) + one)).toBeGreaterThan(budget);
    });
  });

  it('makes any text one that the server takes', () => {
    const broken = 'a\ud800b\0c\r\nd\re\udc00';
    expect(isAllowedText(broken)).toBe(false);
    expect(sanitizeText(broken)).toBe('a\ufffdbc\nd\ne\ufffd');
    expect(isAllowedText(sanitizeText(broken))).toBe(true);
    expect(isAllowedText('😀\n')).toBe(true);
  });
});
