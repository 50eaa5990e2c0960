// Code points, UTF-16 units and UTF-8 bytes of JavaScript strings.
//
// "Characters" are Unicode code points everywhere in this library; a JavaScript
// string counts UTF-16 units, two for an astral character. Nothing here keeps
// state.

const NOT_ALLOWED = /\0|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;
const LONE_SURROGATES =
  /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

export function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit < 0xdc00;
}

export function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc00 && unit < 0xe000;
}

/** REQUIRES: no lone surrogates. O(text). */
export function countCodePoints(text: string): number {
  let count = text.length;
  for (let i = 0; i < text.length; i++) {
    if (isHighSurrogate(text.charCodeAt(i))) count--;
  }
  return count;
}

/** The UTF-16 offset that is `chars` characters after the offset `start`. O(chars). */
export function advance(text: string, start: number, chars: number): number {
  let at = start;
  for (let left = chars; left > 0; left--) {
    at += isHighSurrogate(text.charCodeAt(at)) ? 2 : 1;
  }
  return at;
}

/** Whether the server takes this text: no lone surrogate, no U+0000. */
export function isAllowedText(text: string): boolean {
  return !NOT_ALLOWED.test(text);
}

/** The nearest text that the server takes, with `\n` for every line end. */
export function sanitizeText(text: string): string {
  return text.replace(/\0/g, '').replace(LONE_SURROGATES, '\ufffd').replace(/\r\n?/g, '\n');
}

function bytesInJson(unit: number): number {
  if (unit === 0x22 || unit === 0x5c) return 2;
  if (unit < 0x20) return unit >= 8 && unit <= 13 && unit !== 11 ? 2 : 6;
  if (unit < 0x80) return 1;
  if (unit < 0x800) return 2;
  if (unit >= 0xd800 && unit < 0xe000) return 2; // half of a pair of four
  return 3;
}

/**
 * How many UTF-16 units of `text`, from `start`, fit into `budget` bytes of a
 * JSON string in UTF-8. Never splits a surrogate pair.
 */
export function unitsWithinJsonBytes(text: string, start: number, budget: number): number {
  let used = 0;
  let at = start;
  while (at < text.length) {
    const step = isHighSurrogate(text.charCodeAt(at)) ? 2 : 1;
    used += step === 2 ? 4 : bytesInJson(text.charCodeAt(at));
    if (used > budget) break;
    at += step;
  }
  return at - start;
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

/** CRC-32 of the UTF-8 of the text, as zlib has it. */
export function crc32(text: string): number {
  let crc = 0xffffffff;
  for (const byte of new TextEncoder().encode(text)) {
    crc = (crc >>> 8) ^ (CRC_TABLE[(crc ^ byte) & 0xff] as number);
  }
  return (crc ^ 0xffffffff) >>> 0;
}
