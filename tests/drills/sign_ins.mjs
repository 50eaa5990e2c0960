// 10,000 tries to sign in with wrong passwords, half of them from one address and
// half from 250, at one account and at many: what it costs the server and those
// who edit meanwhile, and whether the right person gets in.
//
//   node tests/drills/sign_ins.mjs [--times 10000]

import { fork } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import { fileURLToPath } from 'node:url';

import { AccountServer, Person } from '../live/support/accounts.mjs';
import { check, options, sleep, suite, until } from '../live/support/suite.mjs';

const tries = Number(options.times ?? 600);
const atOnce = 32;
const editors = 4;
const editEveryMs = 20;
const quietMs = Math.min(15_000, 5 * tries);
const growthMb = 64;
const getsInDeadlineMs = 120_000;

/** POST /account/sign-in from a loopback address of our choice. */
function signIn(made, localAddress, login, password, cookie) {
  return new Promise((done, fail) => {
    const body = JSON.stringify({ login, password });
    const request = http.request({ host: '127.0.0.1', port: made.server.port, path: '/account/sign-in', method: 'POST',
      localAddress, agent: false, headers: { 'content-length': Buffer.byteLength(body), ...(cookie && { cookie }) } }, (answer) => {
      answer.resume().on('end', () => done(answer.statusCode));
    });
    request.on('error', fail);
    request.end(body);
  });
}

const cpuMs = (pid) => {
  const [utime, stime] = fs.readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ').slice(11, 13);
  return (Number(utime) + Number(stime)) * 10;
};

/** Of the server and of what it has started. */
const sumOf = (server, figure) => [server.pid, ...server.helpers()].reduce((sum, pid) => sum + figure(pid), 0);
const used = ({ server }) => ({ rss: sumOf(server, (pid) => server.rssBytes(pid)), cpu: sumOf(server, cpuMs), at: Date.now() });

const quantile = (values, q) => [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) * q)];

/** People who type, one edit after the other is acknowledged; how long each took. */
async function typing(owner, room, isOver) {
  const took = [];
  const one = async (_, number) => {
    const file = `f${number}.txt`;
    const line = owner.connect(room, { hello: { open: [{ file }] } });
    await until('opened', () => line.find('opened'));
    for (let seq = 1, rev = 0; !isOver(); seq++) {
      const before = performance.now();
      line.send({ type: 'op', file, rev, seq, op: ['x'] });
      const ack = await line.next((message) => message.type === 'ack' && message.seq === seq);
      took.push(ack.heardAt - before);
      rev = ack.rev;
      line.heard.length = 0;
      await sleep(editEveryMs);
    }
    line.end();
  };
  await Promise.all(Array.from({ length: editors }, one));
  return took;
}

/** In a process of its own that gives way: what is measured is the server. */
async function floodHere(port) {
  os.setPriority(19);
  const statuses = {};
  let count = 0;
  const next = async () => {
    while (count < tries) {
      const number = count++;
      if (number % 10 === 0) process.send({ count });
      const address = number % 2 ? '127.0.0.1' : `127.0.${1 + (number % 250)}.7`;
      const login = number % 3 ? 'ada' : `nobody-${number % 1000}`;
      const status = await signIn({ server: { port } }, address, login, `wrong ${number}`);
      statuses[status] = (statuses[status] ?? 0) + 1;
    }
  };
  await Promise.all(Array.from({ length: atOnce }, next));
  process.send({ statuses });
  process.disconnect();
}

function flood(made, tried) {
  const child = fork(fileURLToPath(import.meta.url), ['--times', `${tries}`], { env: { ...process.env, TANDEM_TEST_FLOOD: `${made.server.port}` } });
  return new Promise((done) => child.on('message', ({ count, statuses }) => {
    tried.count = count ?? tried.count;
    if (statuses) done(statuses);
  }));
}

/** Tries again when told to wait, as a person would; how long it took. */
async function getsIn(made, what, address, password, cookie) {
  const before = performance.now();
  await until(`${what} gets in`, async () => {
    const status = await signIn(made, address, 'ada', password, cookie);
    check(status === 200 || status === 429, `${what}: ${status}`);
    if (status === 429) await sleep(500);
    return status === 200;
  }, getsInDeadlineMs);
  return `${what} after ${((performance.now() - before) / 1000).toFixed(1)} s`;
}

async function drill() {
  const made = await AccountServer.start({ TANDEM_SIGN_INS_PER_ADDRESS: '20/min burst 20', TANDEM_SIGN_INS_PER_ACCOUNT: '20/min burst 20' });
  try {
    const owner = await made.person('owner');
    const { password } = await made.root.must('POST', '/tenant/accounts', { login: 'ada' });
    const { cookie } = (await made.browser('ada', password)).shown;
    const device = /tandem-device=[^;]+/.exec(cookie)[0];
    const files = Array.from({ length: editors }, (_, number) => ({ file: `f${number}.txt` }));
    const { room_id: room } = await owner.must('POST', '/rooms', { files });

    let isOver = false;
    setTimeout(() => { isOver = true; }, quietMs);
    const quiet = await typing(owner, room, () => isOver);

    isOver = false;
    const before = used(made);
    const tried = { count: 0 };
    const busyTyping = typing(owner, room, () => isOver);
    const flooding = flood(made, tried);
    await until('the flood is on', () => tried.count > atOnce + 8); // some of them are answered
    const who = [
      await getsIn(made, 'a browser that was here before, from the same address', '127.0.0.1', password, device),
      await getsIn(made, 'a stranger from another address', '127.0.77.77', password),
    ];
    const statuses = await flooding;
    isOver = true;
    const busy = await busyTyping;
    const after = used(made);
    const seconds = (after.at - before.at) / 1000;
    const grown = (after.rss - before.rss) / 1e6;
    check(grown < growthMb, `grown by ${grown} MB`);
    check(!statuses[200] && !statuses[500], JSON.stringify(statuses));
    const cpuShare = (after.cpu - before.cpu) / 10 / seconds;
    return `${tries} tries in ${seconds.toFixed(1)} s: ${JSON.stringify(statuses)}; `
      + `grown by ${grown.toFixed(0)} MB, ${cpuShare.toFixed(0)} % of a core; ${who.join(', ')}; `
      + `acks p50 ${quantile(quiet, 0.5).toFixed(2)} -> ${quantile(busy, 0.5).toFixed(2)} ms, `
      + `p99 ${quantile(quiet, 0.99).toFixed(2)} -> ${quantile(busy, 0.99).toFixed(2)} ms (${quiet.length}, ${busy.length} edits)`;
  } finally {
    await made.end();
  }
}

if (process.env.TANDEM_TEST_FLOOD) await floodHere(Number(process.env.TANDEM_TEST_FLOOD));
else await suite('wrong passwords', [{ name: 'a flood of sign-ins', run: drill, deadlineMs: 240_000 }]);
