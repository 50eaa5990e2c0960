// The server is killed again and again under load: at random, and at chosen
// points around a commit and a claim. Nobody's page is loaded anew. In the end
// every acknowledged edit is in the log once, and there is one text.
//
//   --times N: kills for each store (8)

import { withServer } from '../live/support/server.mjs';
import { options, random, seed, sleep, suite } from '../live/support/suite.mjs';
import { Load, spread } from './support/load.mjs';
import { withPostgres } from './support/postgres.mjs';

const times = Number(options.times ?? 8);
const points = ['before_write', 'in_write', 'after_write', 'before_claim', 'after_claim'];
const faultDeadlineMs = 5_000; // then it is killed wherever it is
const killsPerRoom = 25; // so that the log to check does not grow without end

/** Where the next start shall end; undefined: at random, from outside. */
function nextFault(choose) {
  if (choose.chance(0.2)) return undefined;
  const point = choose.pick(points);
  return `${point}:${1 + choose.below(point.endsWith('claim') ? 1 : 60)}`;
}

/** Starts it; whether it has died of that: perhaps before it said that it is ready, as people come when it listens. */
async function diesOf(fault, server) {
  server.settings.TANDEM_TEST_FAULT = fault;
  await server.launch().catch(async (error) => {
    const how = await server.ended(0);
    if (how?.signal !== 'SIGKILL') throw error;
  });
  delete server.settings.TANDEM_TEST_FAULT;
  return (await server.ended(faultDeadlineMs)) !== undefined;
}

async function killOnce(server, choose, counts) {
  const fault = nextFault(choose);
  const died = fault && await diesOf(fault, server);
  if (!fault) await server.launch();
  const how = died ? fault.split(':')[0] : 'at random';
  if (!died) {
    await sleep(choose.below(400));
    await server.end('SIGKILL');
  }
  counts[how] = (counts[how] ?? 0) + 1;
}

async function killed(server) {
  const choose = random(seed);
  const counts = {};
  const back = [];
  let edits = 0;
  for (let done = 0; done < times; ) {
    const load = await Load.start(server);
    await sleep(choose.below(400));
    await server.end('SIGKILL');
    counts['at random'] = (counts['at random'] ?? 0) + 1;
    done += 1;
    for (let i = 1; i < killsPerRoom && done < times; i++, done++)
      await killOnce(server, choose, counts);
    await server.launch();
    back.push(await load.progress());
    edits += await load.settle();
  }
  const where = Object.entries(counts).map(([how, count]) => `${count} ${how}`).join(', ');
  return `${times} kills (${where}), ${edits} edits acknowledged, none lost or doubled; `
    + `the first after a start: ${spread(back)}`;
}

const deadlineMs = 120_000 + times * 8_000;

await suite('kills', [
  { name: 'SQLite', deadlineMs, run: () => withServer({}, killed) },
  { name: 'PostgreSQL', deadlineMs,
    run: () => withPostgres((postgres) =>
      withServer({}, killed, [], postgres.url(postgres.addDatabase()))) },
]);
