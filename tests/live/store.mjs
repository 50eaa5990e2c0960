// The store cannot be written to for a while: nobody's edit is lost or doubled,
// whether its author stays, or goes and comes back all the time.
// The disk is "full" by a limit on the size of files, which prlimit sets on the
// running server; skipped without it.

import { spawnSync } from 'node:child_process';

import { checkLog } from './support/log_check.mjs';
import { ProtocolClient } from './support/protocol_client.mjs';
import { withServer } from './support/server.mjs';
import { check, random, same, seed, Skip, sleep, suite, until } from './support/suite.mjs';

const file = 'main.py';
const brokenMs = 3_000;
const smallBytes = 4096; // below what any write needs

// A write beyond the limit is then an error to the server, not its end.
const ignoringTheSignal = ['bash', '-c', 'trap "" XFSZ; exec "$@"', 'bash'];

/** No file of the server may be longer than this; without `bytes` it may again. */
function limitFiles(server, bytes = 'unlimited') {
  const { status, error } =
    spawnSync('prlimit', [`--pid=${server.pid}`, `--fsize=${bytes}:unlimited`]);
  if (status !== 0) throw new Skip(`prlimit cannot limit the server's files (${error ?? status})`);
}

async function comeAndGo(client, choose, isOver) {
  for (let i = 0; !isOver(); i++) {
    await sleep(choose.below(30));
    if (client.isReady(file)) client.edit(file, [`${client.name} ${i}; `]);
    await sleep(choose.below(30));
    client.drop();
  }
}

async function brokenStore(server) {
  const room = await server.createRoom([{ file, text: 'abc' }]);
  const clients = ['looks', 'stays', 'returns', 'returns too', 'and too'].map((name) =>
    new ProtocolClient({ url: () => server.url, room, files: [file], name }).connect());
  const [looks, stays, ...restless] = clients;
  const choose = random(seed);
  await until('everybody is in', () => clients.every((client) => client.isReady(file)));
  limitFiles(server, smallBytes);
  const end = Date.now() + brokenMs;
  stays.edit(file, ['still here; ']);
  await Promise.all(restless.map((client) => comeAndGo(client, choose, () => Date.now() > end)));
  check(looks.counts.unavailable > 0, 'nobody was told');
  same(looks.files.get(file).rev, 1, 'the revision while nothing can be written');
  same(clients.flatMap((client) => client.acked), [], 'what was acknowledged meanwhile');
  same((await server.text(room, file)).text, 'abc', 'the text by REST meanwhile');
  limitFiles(server);
  await until(() => `everybody's edits are in; not yet: ${JSON.stringify(
    clients.filter((client) => !client.isSettled(file)).map((client) =>
      [client.name, client.state(file)]))}`,
  () => clients.every((client) => client.isSettled(file)
    && client.files.get(file).rev === looks.files.get(file).rev));
  const edits = await checkLog(server, room, [file], clients);
  for (const client of clients) {
    same(client.errors, [], `what "${client.name}" did not expect`);
    client.end();
  }
  await server.killAndRestart();
  same((await server.text(room, file)).text, looks.text(file), 'the text after kill -9');
  const told = clients.reduce((sum, client) => sum + client.counts.unavailable, 0);
  return `${edits} edits, ${told} times unavailable`;
}

await suite('store', [
  { name: 'a store that cannot be written to for a while',
    run: () => withServer({}, brokenStore, ignoringTheSignal) },
]);
