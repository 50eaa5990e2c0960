// Writers on one ShareDB document: each types a character, waits until it is
// acknowledged, and types the next. Prints acknowledgements per second.
//
//   node writers.mjs ws://HOST:PORT WRITERS SECONDS
import { type } from 'ot-text-unicode';
import ReconnectingConnection from 'sharedb/lib/client/index.js';
import { WebSocket } from 'ws';

const { Connection, types } = ReconnectingConnection;
types.register(type);

const [url, writers, seconds] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])];
const warmUpMs = 1_000;
const settleMs = 10_000; // at most, until everybody has everything
const lengthMax = 1_000; // then characters are taken away again

const done = (call) => new Promise((resolve, reject) =>
  call((error) => (error ? reject(error) : resolve())));

async function openDocument() {
  const doc = new Connection(new WebSocket(url)).get('rooms', 'one');
  await done((told) => doc.subscribe(told));
  return doc;
}

let acknowledged = 0;
let isOver = false;

async function write(doc) {
  while (!isOver) {
    const at = Math.floor(Math.random() * doc.data.length);
    const edit = doc.data.length < lengthMax ? 'x' : { d: 1 };
    await done((told) => doc.submitOp(at > 0 ? [at, edit] : [edit], told));
    acknowledged += 1;
  }
}

const first = await openDocument();
// Not empty: sharedb-postgres reads an empty text back as nothing.
if (first.type === null) await done((told) => first.create('x', type.uri, told));
const docs = [first];
while (docs.length < writers) docs.push(await openDocument());
const writing = docs.map(write);
await new Promise((told) => setTimeout(told, warmUpMs));
const before = acknowledged;
const begin = performance.now();
await new Promise((told) => setTimeout(told, seconds * 1000));
const rate = ((acknowledged - before) * 1000) / (performance.now() - begin);
isOver = true;
await Promise.all(writing);
const head = Math.max(...docs.map((doc) => doc.version));
const settled = Date.now() + settleMs;
while (docs.some((doc) => doc.version < head) && Date.now() < settled)
  await new Promise((told) => setTimeout(told, 20));
const texts = new Set(docs.map((doc) => doc.data));
console.log(JSON.stringify({ acks_per_second: Math.round(rate * 10) / 10, texts: texts.size }));
process.exit(0);
