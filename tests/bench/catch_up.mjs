// What a client gets that comes back after 10,000 operations of a real editing
// session (seph-blog1), and how long it takes until it has them: bytes of all
// messages, and milliseconds from its hello on, over a WebSocket on loopback.
//
//   node tests/bench/catch_up.mjs [TIMES]
import { execFileSync } from 'node:child_process';
import path from 'node:path';

import { binary, tracesDir, withServer } from '../live/support/server.mjs';
import { WebSocket } from '../live/support/web_modules.mjs';

const missedOps = 10_000;
const goalBytes = 8 * 1024;
const goalMs = 5;
const deadlineMs = 10_000;

/** The revision that a message brings its reader to, or 0. */
function revisionAfter(message) {
  if (message.type === 'op') return message.rev;
  return message.type === 'opened' && message.from === undefined ? message.rev : 0;
}

/** Comes back at a revision; what it was sent until it had the head. */
function comeBack(url, { client, file, rev, head }) {
  return new Promise((done, fail) => {
    const socket = new WebSocket(url, 'tandem.v1');
    const timer = setTimeout(() => fail(new Error('the head did not come')), deadlineMs);
    const seen = { bytes: 0, messages: 0 };
    let begin = 0;
    socket.on('open', () => {
      begin = performance.now();
      socket.send(JSON.stringify({ type: 'hello', client, open: [{ file, rev }] }));
    });
    socket.on('message', (data) => {
      const ms = performance.now() - begin;
      seen.bytes += data.length;
      seen.messages += 1;
      if (revisionAfter(JSON.parse(data)) < head) return;
      clearTimeout(timer);
      socket.terminate();
      done({ ...seen, ms });
    });
    socket.on('error', fail);
  });
}

/** The server with the session in a room of its store. */
async function importSession(server) {
  await server.end('SIGTERM');
  const store = `sqlite:${path.join(server.dir, 'tandem.db')}`;
  const log = path.join(tracesDir, 'seph-blog1.json.gz');
  const said = execFileSync(binary, ['import', log, '--store', store],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  await server.launch();
  return said.trim();
}

function report(seen) {
  const sorted = seen.map(({ ms }) => ms).sort((a, b) => a - b);
  const at = (share) => sorted[Math.floor(sorted.length * share)].toFixed(2);
  const verdict = (isMet) => (isMet ? 'met' : 'NOT MET');
  const { bytes, messages } = seen.at(-1);
  console.log(`${missedOps} missed operations, ${seen.length} times`);
  console.log(`  ${bytes} bytes in ${messages} messages (goal ${goalBytes}: ${verdict(bytes <= goalBytes)})`);
  console.log(`  ${at(0.5)} ms (p50), ${at(0.9)} (p90) (goal ${goalMs}: ${verdict(at(0.5) <= goalMs)}); `
    + `the first, from a store that was just opened: ${seen[0].ms.toFixed(2)} ms`);
}

const times = Number(process.argv[2] ?? 50);
await withServer({}, async (server) => {
  const room = await importSession(server);
  const [{ file, rev: head }] = await server.files(room);
  const url = `${server.url.replace('http', 'ws')}/ws/${room}`;
  const seen = [];
  for (let i = 0; i < times; i++)
    seen.push(await comeBack(url, { client: `reader-${i}`, file, rev: head - missedOps, head }));
  report(seen);
});
