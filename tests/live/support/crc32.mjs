// The CRC-32 of a text's UTF-8, as zlib has it (Node 18 has no zlib.crc32).

const table = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let bit = 0; bit < 8; bit++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  return c;
});

export function crc32(text) {
  let sum = 0xffffffff;
  for (const byte of Buffer.from(text, 'utf8')) sum = table[(sum ^ byte) & 0xff] ^ (sum >>> 8);
  return (sum ^ 0xffffffff) >>> 0;
}
