// The oracle (reliability.md, O1 to O4): every acknowledged edit is in the log
// exactly once, at the revision that its ack named; revisions are dense; replaying
// the log gives the text that the server and every client show.

import { check, same } from './suite.mjs';
import { apply, insertedText } from './text_op.mjs';

/** Replays a file's history. Returns the text. */
export function replay(history) {
  const text = [];
  for (const [i, entry] of history.entries()) {
    check(entry.rev === i + 1, () => `revision ${entry.rev} stands at place ${i + 1}`);
    apply(text, entry.op);
  }
  return text.join('');
}

function checkAcks(client, file, history) {
  const revs = new Map();
  for (const { seq, rev } of client.acked.filter((ack) => ack.file === file)) {
    const entry = history[rev - 1];
    const what = `edit ${seq} of ${client.name}, acknowledged as revision ${rev}`;
    check(entry, `${what}, is not in the log`);
    same(entry.by, client.digest, `${what}: who made it`);
    check(!revs.has(rev), `${what}: so was edit ${revs.get(rev)}`);
    revs.set(rev, seq);
    const sent = client.sentOp?.(seq);
    if (sent) same(insertedText(entry.op), insertedText(sent), `${what}: what it inserts`);
  }
  return revs;
}

/** Every edit that was acknowledged is in the op log (NDJSON) once, and no edit twice. */
export function checkOpLog(log, clients) {
  const lines = log.trimEnd().split('\n').map((line) => JSON.parse(line));
  check(lines.at(-1).end, 'the op log has an end');
  const revs = new Map();
  for (const { client, seq, file, rev } of lines.filter((line) => line.seq > 0)) {
    const edit = `${client} ${seq}`;
    check(!revs.has(edit), `edit ${seq} of ${client} is in the op log twice: ${revs.get(edit)} and ${file} ${rev}`);
    revs.set(edit, `${file} ${rev}`);
  }
  for (const client of clients)
    for (const { file, seq, rev } of client.acked)
      same(revs.get(`${client.digest} ${seq}`), `${file} ${rev}`, `edit ${seq} of ${client.name} in the op log`);
}

/** REQUIRES: every client has settled. `texts`: the log's own is compared with each. */
export async function checkLog(server, room, files, clients) {
  let edits = 0;
  for (const file of files) {
    const history = await server.history(room, file);
    const { text, rev } = await server.text(room, file);
    same(history.length, rev, `revisions of ${file}`);
    same(replay(history), text, `the log of ${file}, replayed`);
    for (const client of clients) {
      const acked = checkAcks(client, file, history);
      const logged = history.filter((entry) => entry.by === client.digest).length;
      same(logged, acked.size, `edits of ${client.name} in the log of ${file}`);
      same(client.text(file), text, `the text of ${client.name}`);
      edits += acked.size;
    }
  }
  return edits;
}

