// A real editing session, keystroke by keystroke over a WebSocket, with two
// followers and a third whose connection keeps being cut; then the server is
// killed. Everybody, and the store, must have the same text to the last character.

import { checkLog } from './support/log_check.mjs';
import { ProtocolClient } from './support/protocol_client.mjs';
import { withServer } from './support/server.mjs';
import { check, patience, random, same, seed, sleep, suite, until } from './support/suite.mjs';
import { Tap } from './support/tap.mjs';
import { readTrace } from './support/traces.mjs';

const file = 'Component.svelte';
const keystrokesAhead = 1; // typed before the first of them is acknowledged
const cutEveryMs = 250;

async function type(typist, ops) {
  for (const [i, op] of ops.entries()) {
    typist.edit(file, op);
    if (i % keystrokesAhead === keystrokesAhead - 1)
      await untilSettled(typist);
  }
  await untilSettled(typist);
}

/** Without the 10 ms of until(): this is where the time goes. */
async function untilSettled(typist) {
  const end = Date.now() + 10_000 * patience;
  while (!typist.isSettled(file)) {
    await new Promise(setImmediate);
    check(Date.now() < end, 'an edit was not acknowledged');
  }
}

async function cutUntil(tap, isOver, choose) {
  for (let cuts = 0; ; cuts++) {
    if (isOver()) return cuts;
    await sleep(cutEveryMs * (0.5 + choose.next()));
    if (choose.chance(0.3)) tap.loseThenCut('down', 20);
    else tap.cut();
  }
}

async function replayTrace(server) {
  const trace = readTrace('sveltecomponent');
  const room = await server.createRoom([{ file, text: trace.startContent }]);
  const tap = await Tap.open(() => server.port);
  const direct = { url: () => server.url, room, files: [file] };
  const [typist, ...followers] = ['Ada', 'Bob', 'Cleo'].map(
    (name) => new ProtocolClient({ ...direct, name }).connect());
  const dropped = new ProtocolClient({ ...direct, url: () => tap.url, name: 'Dan' }).connect();
  const everyone = [typist, ...followers, dropped];
  await until('everybody is in', () => everyone.every((client) => client.isReady(file)));

  let typed = false;
  const cutting = cutUntil(tap, () => typed, random(seed));
  await type(typist, trace.ops);
  typed = true;
  const cuts = await cutting;
  const head = typist.files.get(file).rev;
  await until('everybody has caught up', () =>
    everyone.every((client) => client.isSettled(file) && client.files.get(file).rev === head));

  for (const client of everyone) {
    same(client.text(file), trace.endContent, `the text of ${client.name}`);
    same(client.errors, [], `what ${client.name} did not expect`);
  }
  same(await server.text(room, file), { text: trace.endContent, rev: head }, 'the text by REST');
  await server.killAndRestart();
  same(await server.text(room, file), { text: trace.endContent, rev: head }, 'after kill -9');
  await until('everybody is back', () => everyone.every((client) => client.isSettled(file)));
  await checkLog(server, room, [file], everyone);
  check(dropped.counts.connects > 3, 'the connection was hardly ever cut');
  for (const client of everyone) client.end();
  tap.close();
  return `${trace.ops.length} keystrokes in ${head} revisions, ${cuts} cuts,`
    + ` ${dropped.counts.composed} composed catch-ups`;
}

await suite('trace', [
  { name: 'sveltecomponent, typed, followed, cut and killed', deadlineMs: 120_000,
    run: () => withServer({}, replayTrace) },
]);
