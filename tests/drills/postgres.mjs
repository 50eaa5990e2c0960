// PostgreSQL goes away under load: it is shut down, ended at once or killed, and
// started again; the connection to it is cut on the question, on the answer
// (so that a commit's outcome is unknown), or stands still. Nothing is lost or
// doubled, and the service is back within 2 s of PostgreSQL.
//
//   --times N: restarts (4), and five times as many cuts

import { withServer } from '../live/support/server.mjs';
import { options, random, seed, sleep, suite, until } from '../live/support/suite.mjs';
import { beside, Load, spread } from './support/load.mjs';
import { withPostgres } from './support/postgres.mjs';
import { PostgresProxy } from './support/postgres_proxy.mjs';

const times = Number(options.times ?? 4);
const cuts = 5 * times;
const backWithinMs = 2_000;
const ways = ['SIGINT', 'SIGQUIT', 'SIGKILL'];
const stallMs = 1_500;
const longStallMs = 9_000; // past the deadline of a call (postgres_options::call_deadline)

async function restarted(server, postgres) {
  const choose = random(seed);
  const load = await Load.start(server);
  const back = [];
  for (let i = 0; i < times; i++) {
    await load.progress();
    await sleep(choose.below(300));
    await postgres.end(ways[i % ways.length]);
    await sleep(choose.below(1_000));
    await postgres.launch();
    back.push(await load.progress());
  }
  const edits = await load.settle();
  return `${times} restarts, ${edits} edits acknowledged, none lost or doubled; back after `
    + `${spread(back)}: ${beside(Math.max(...back), backWithinMs)}`;
}

async function cut(server, proxy) {
  const choose = random(seed);
  const load = await Load.start(server);
  for (let i = 0; i < cuts; i++) {
    await load.progress();
    proxy.cutNext(choose.pick(['question', 'answer', 'answer']));
    await until('a question comes', () => !proxy.isPlanned);
  }
  for (const ms of [stallMs, longStallMs]) {
    await load.progress();
    proxy.stall();
    await sleep(ms);
    proxy.goOn();
  }
  await load.progress();
  const edits = await load.settle();
  const { question, answer, stall } = proxy.cuts;
  return `${question} cuts on the question, ${answer} on the answer, ${stall} stalls; `
    + `${edits} edits acknowledged, none lost or doubled`;
}

async function withProxy(postgres, body) {
  const proxy = await PostgresProxy.start(postgres);
  try {
    const store = postgres.url(postgres.addDatabase(), proxy.folder);
    return await withServer({}, (server) => body(server, proxy), [], store);
  } finally {
    proxy.close();
  }
}

const deadlineMs = 120_000 + times * 15_000;

await suite('postgres', [
  { name: 'PostgreSQL stopped and started', deadlineMs,
    run: () => withPostgres((postgres) => withServer({},
      (server) => restarted(server, postgres), [], postgres.url(postgres.addDatabase()))) },
  { name: 'the connection to PostgreSQL cut', deadlineMs,
    run: () => withPostgres((postgres) => withProxy(postgres, cut)) },
]);
