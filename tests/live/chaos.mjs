// Ten clients type at random into two files of one room, half of them the
// browser's library, half written from docs/protocol.md alone, while their
// connections are cut, stalled, and lose what comes from one side, edits are sent
// twice, and the server is killed. In the end there is one text, and the log has
// every acknowledged edit exactly once.

import { LibraryClient, loadLibrary } from './support/library_client.mjs';
import { checkLog } from './support/log_check.mjs';
import { someEdit } from './support/monkey.mjs';
import { ProtocolClient } from './support/protocol_client.mjs';
import { withServer } from './support/server.mjs';
import { check, options, random, same, seed, sleep, suite, until } from './support/suite.mjs';
import { Tap } from './support/tap.mjs';

const files = ['main.py', 'src/übung 😀.txt'];
const seconds = Number(options.seconds ?? 10);
const clientsCount = 10;
const settleDeadlineMs = 30_000;

// Small, so that what is rare with the defaults happens all the time: readers
// that lag, histories that are forgotten, snapshots, checks.
const tight = {
  TANDEM_OUTBOUND_PAUSE_BYTES: '1024',
  TANDEM_SLICE_OPS: '16',
  TANDEM_HISTORY_OPS: '200',
  TANDEM_SNAPSHOT_OPS: '50',
  TANDEM_CHECK_OPS: '20',
  TANDEM_CHECK_INTERVAL_MS: '100',
};

async function makeClients(server, room, choose) {
  const hasLibrary = await loadLibrary();
  if (!hasLibrary) console.log('      no client library in web/src/client: protocol clients only');
  const clients = [];
  for (let i = 0; i < clientsCount; i++) {
    const tap = await Tap.open(() => server.port);
    const Client = hasLibrary && i % 2 ? LibraryClient : ProtocolClient;
    const client = new Client({
      url: () => tap.url, room, files, name: `${Client.name} ${i}`,
      duplicates: () => choose.chance(0.05),
    });
    client.tap = tap;
    clients.push(client.connect());
  }
  return clients;
}

async function type(client, choose, isOver) {
  for (let edits = 0; !isOver(); ) {
    await sleep(choose.below(25));
    const file = choose.pick(files);
    const isOffline = !client.isReady(file);
    if (client.files.get(file).rev === undefined || (isOffline && choose.chance(0.8))) continue;
    client.edit(file, someEdit(choose, client.length(file), `${client.id.slice(0, 3)}${edits++};`));
    if (client.select && choose.chance(0.2))
      client.select(file, 0, choose.below(client.files.get(file).server.length + 1));
  }
}

async function disturb({ tap }, choose, isOver) {
  for (;;) {
    await sleep(300 + choose.below(1500));
    if (isOver()) return;
    const kind = choose.below(5);
    if (kind === 0) tap.cut();
    if (kind === 1) tap.loseThenCut('down', choose.below(80)); // the acks are lost
    if (kind === 2) tap.loseThenCut('up', choose.below(80)); // the edits are
    if (kind >= 3) tap.stall(200 + choose.below(1500));
  }
}

async function killInTheMiddle(server) {
  await sleep(seconds * 500);
  await server.killAndRestart();
}

async function settled(server, room, clients) {
  const isSettled = async () => {
    for (const file of files) {
      const { text } = await server.text(room, file);
      if (!clients.every((client) => client.isSettled(file) && client.text(file) === text))
        return false;
    }
    return true;
  };
  const restless = () => clients.flatMap((client) => files
    .filter((file) => !client.isSettled(file))
    .map((file) => `\n      ${client.name}, ${file}: ${JSON.stringify(client.state(file))}`)
    .concat(client.errors.slice(0, 3).map((error) => `\n        ${JSON.stringify(error)}`)));
  await until(() => `everybody has the same text; not yet: ${restless()}`, isSettled,
    settleDeadlineMs);
}

function total(clients, what) {
  return clients.reduce((sum, client) => sum + (client.counts[what] ?? 0), 0);
}

async function storm(server, length, extra) {
  const choose = random(seed);
  const room = await server.createRoom(files.map((file) => ({ file, text: 'A text.\nΩ 😀\n' })));
  const clients = await makeClients(server, room, choose);
  await until('everybody is in', () =>
    clients.every((client) => files.every((file) => client.isReady(file))));
  const end = Date.now() + length * 1000;
  const isOver = () => Date.now() > end;
  await Promise.all([
    ...clients.flatMap((client) => [type(client, choose, isOver), disturb(client, choose, isOver)]),
    extra(clients, isOver),
  ]);
  await settled(server, room, clients);
  const edits = await checkLog(server, room, files, clients);
  for (const client of clients)
    same(client.errors, [], `what ${client.name} did not expect`);
  const counts = ['connects', 'composed', 'rebase', 'duplicate', 'resent', 'check', 'unavailable']
    .map((what) => `${total(clients, what)} ${what}`);
  for (const client of clients) {
    client.end();
    client.tap.close();
  }
  check(total(clients, 'composed') > 0, 'nothing was composed');
  return { clients, note: `${edits} edits, ${counts.join(', ')}` };
}

async function killed(server) {
  const { clients, note } = await storm(server, seconds, () => killInTheMiddle(server));
  check(total(clients, 'rebase') > 0, 'nothing was answered with rebase');
  check(total(clients, 'check') > 0, 'no check was sent');
  return note;
}

/** Everybody leaves again and again, for longer than an empty room is kept. */
async function evicted(server) {
  let evictions = 0;
  const { note } = await storm(server, Math.max(3, seconds / 3), async (clients, isOver) => {
    while (!isOver()) {
      await sleep(700);
      for (const { tap } of clients) {
        tap.blocked = true;
        tap.cut();
      }
      await until('the room is evicted', async () =>
        (await (await server.request('/metrics')).text()).includes('tandem_rooms_loaded 0'));
      evictions++;
      for (const { tap } of clients) tap.blocked = false;
    }
  });
  check(evictions > 0, 'no eviction');
  return `${note}, ${evictions} evictions`;
}

const deadlineMs = seconds * 1000 + 90_000;

await suite('chaos', [
  { name: 'ten clients, bad networks, kill -9', deadlineMs, run: () => withServer(tight, killed) },
  { name: 'ten clients, bad networks, evictions', deadlineMs,
    run: () => withServer({ ...tight, TANDEM_ROOM_IDLE_MS: '50' }, evicted) },
]);
