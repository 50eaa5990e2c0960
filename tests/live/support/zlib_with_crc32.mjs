// node:zlib as it is from Node 20.15 on, for Node 18 (node_18.mjs).

export * from 'node:zlib';
export { default } from 'node:zlib';
export { crc32 } from './crc32.mjs';
