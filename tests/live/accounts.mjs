// What becomes of rights while people are in a room, what too much of something is
// answered, and what stands at the door: cookies, TLS, proxies.

import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import https from 'node:https';
import path from 'node:path';

import { Person, admin, entered, tryAdmin, withAccounts } from './support/accounts.mjs';
import { setCookies } from './support/node_18.mjs';
import { binary, withServer } from './support/server.mjs';
import { check, same, suite, until } from './support/suite.mjs';

const file = 'a.txt';
const revocationDeadlineMs = 1000;

// --- rights that change --------------------------------------------------------

/** Each: how a live connection loses something, and what it is to be told. */
const revocations = [
  ['a lesser role', async ({ owner, room, ada }) =>
    owner.must('PATCH', `/rooms/${room}/members/${ada.id}`, { role: 'viewer' }), 'viewer'],
  ['a greater role', async ({ owner, room, ada }) =>
    owner.must('PATCH', `/rooms/${room}/members/${ada.id}`, { role: 'owner' }), 'owner'],
  ['removed from the room', async ({ owner, room, ada }) =>
    owner.must('DELETE', `/rooms/${room}/members/${ada.id}`), 4403],
  ['she leaves', async ({ room, ada }) => ada.must('DELETE', `/rooms/${room}/members/${ada.id}`), 4403],
  ['the room is locked', async ({ owner, room }) =>
    owner.must('PATCH', `/rooms/${room}`, { is_locked: true }), 'commenter'],
  ['the token is revoked', async ({ ada, tokenId }) => ada.must('DELETE', `/account/tokens/${tokenId}`), 4401],
  ['the account is disabled', async ({ made, ada }) =>
    made.root.must('PATCH', `/tenant/accounts/${ada.id}`, { is_disabled: true }), 4401],
  ['the room is removed', async ({ owner, room }) => owner.must('DELETE', `/rooms/${room}`), 4404],
  ['handed over to her', async ({ owner, room, ada }) =>
    owner.must('POST', `/rooms/${room}/owner`, { account: ada.id }), 'owner'],
  ['the token ends', async () => {}, 4401, { expires_in: 6 }],
];

async function revoke(made, [name, act, expected, token = {}], number) {
  const owner = await made.person(`owner-${number}`);
  const ada = await made.person(`ada-${number}`);
  const room = await made.room(owner, { editor: ada });
  const { token: text, id: tokenId, expires_at: endsAt } =
    await ada.must('POST', '/account/tokens', { name: 'x', scopes: ['write', 'manage'], ...token });
  const line = await entered(new Person(made.server, { token: text }).connect(room));
  const peer = await entered(owner.connect(room));
  await act({ made, owner, room, ada, tokenId });
  // From the moment that it is done: the answer is there, or the time has come.
  if (token.expires_in) await until('the end', () => Date.now() >= endsAt);
  const from = performance.now();
  const told = () => line.closed ?? line.find('role');
  await until(`told: ${name}`, told, revocationDeadlineMs);
  same(line.closed?.code ?? line.find('role').role, expected, name);
  if (typeof expected === 'string')
    await until(`the others are told: ${name}`, () =>
      peer.heard.some((one) => one.type === 'join' && one.role === expected), revocationDeadlineMs);
  const ms = Math.max(0, (line.closed?.at ?? line.find('role').heardAt) - from);
  line.end();
  peer.end();
  return ms;
}

async function revocation(made) {
  const took = [];
  for (const [number, one] of revocations.entries()) took.push(await revoke(made, one, number));
  return `${took.length} changes, each told within ${Math.max(...took).toFixed(0)} ms of its answer`;
}

/** What is on its way when the role goes is either in, or refused: never half. */
async function demotedWhileTyping(made) {
  const owner = await made.person('typing-owner');
  const bob = await made.person('typing-bob');
  const room = await made.room(owner, { editor: bob });
  const line = await entered(bob.connect(room, { hello: { open: [{ file }] } }));
  let seq = 0;
  let rev = 1;
  const type = () => line.send({ type: 'op', file, rev, seq: ++seq, op: ['x'] });
  const answers = () => line.heard.filter((one) => one.seq !== undefined && ['ack', 'error'].includes(one.type));
  await until('opened', () => line.find('opened'));
  let isDemoted;
  while (!answers().some((one) => one.code === 'forbidden')) {
    type();
    await until('an answer', () => answers().length === seq);
    const last = answers().at(-1);
    if (last.type === 'ack') rev = last.rev;
    if (seq === 20) isDemoted = owner.must('PATCH', `/rooms/${room}/members/${bob.id}`, { role: 'commenter' });
  }
  await isDemoted;
  const acked = answers().filter((one) => one.type === 'ack').length;
  const text = (await owner.ask('GET', `/rooms/${room}/files/${file}`)).text;
  same(text, `${'x'.repeat(acked)}abc`, 'the text has what was acknowledged and nothing else');
  line.end();
  return `${acked} edits in, then refused`;
}

// --- signing up and in -----------------------------------------------------------

async function signUpModes() {
  const wish = (login, invite) => ({ login, password: 'long enough', ...(invite && { invite }) });
  await withAccounts({ TANDEM_SIGN_UP: 'closed' }, async (made) => {
    const { token } = await made.root.must('POST', '/tenant/invites', {});
    same((await made.guest().ask('POST', '/account/sign-up', wish('a'))).status, 403, 'closed');
    same((await made.guest().ask('POST', '/account/sign-up', wish('a', token))).status, 403, 'closed, with an invite too');
  });
  await withAccounts({ TANDEM_SIGN_UP: 'invited' }, async (made) => {
    const guest = made.guest();
    const { token } = await made.otherRoot.must('POST', '/tenant/invites', { uses: 1 });
    same((await guest.ask('POST', '/account/sign-up', wish('a'))).status, 403, 'without an invite');
    same((await guest.ask('POST', '/account/sign-up', wish('root', token))).status, 409, 'a login that is taken spends nothing');
    const a = await guest.must('POST', '/account/sign-up', wish('a', token));
    same(a.tenant, { name: 'other', role: 'member' }, 'the tenant of the invite');
    same((await guest.ask('POST', '/account/sign-up', wish('b', token))).status, 403, 'used up');
    const owner = await made.person('owner');
    const room = await made.room(owner);
    const other = (await owner.must('POST', `/rooms/${room}/invites`, { role: 'editor' })).token;
    same((await guest.ask('POST', '/account/sign-up', wish('b', other))).status, 403, 'an invite to a room is none to sign up');
  });
}

async function passwords(made) {
  const guest = made.guest();
  for (const password of ['short', 'x'.repeat(201)])
    same((await guest.ask('POST', '/account/sign-up', { login: 'p', password })).status, 400, `${password.length} characters`);
  const ada = await made.person('Ada@Example.org');
  same((await guest.ask('POST', '/account/sign-up', { login: 'ADA@example.ORG', password: 'long enough' })).status, 409, 'taken, in whatever case');
  const second = await made.signIn('ada@example.org', ada.password);
  const line = await entered(second.connect(await made.room(ada)));
  same((await ada.ask('POST', '/account/password', { old: 'wrong', new: 'new password' })).status, 403, 'the old one is asked for');
  const endless = 'x'.repeat(1_000_000);
  same((await guest.ask('POST', '/account/sign-in', { login: ada.login, password: endless })).status, 400, 'longer than any');
  same((await ada.ask('POST', '/account/password', { old: endless, new: 'new password' })).status, 400, 'longer than any');
  await ada.must('POST', '/account/password', { old: ada.password, new: 'new password' });
  await until('the other session has ended', () => line.closed?.code === 4401, revocationDeadlineMs);
  same((await second.ask('GET', '/account')).status, 401, 'also for requests');
  same((await ada.ask('GET', '/account')).status, 200, 'this one goes on');
  same((await guest.ask('POST', '/account/sign-in', { login: ada.login, password: ada.password })).status, 401, 'the old password');
  await made.signIn(ada.login, 'new password');
  const { password } = await made.root.must('PATCH', `/tenant/accounts/${ada.id}`, { reset_password: true });
  same((await ada.ask('GET', '/account')).status, 401, 'a reset ends all sessions');
  await made.signIn(ada.login, password);
}

// It gets no socket of the server's, or connections would outlive the server's end of them.
async function hashingProcess(made) {
  const ada = await made.person('carl');
  const [first, ...more] = made.server.helpers();
  check(first && !more.length, 'passwords are hashed in one process of its own');
  const open = fs.readdirSync(`/proc/${first}/fd`).filter((one) => Number(one) > 2);
  same(open.length, 0, 'files that it has open besides the standard ones');
  // proc(5): of a few who sign in, each has a share of a busy machine (nice 10, SCHED_OTHER).
  const stat = fs.readFileSync(`/proc/${first}/stat`, 'utf8').replace(/^.*\) /, '').split(' ');
  same([stat[16], stat[38]], ['10', '0'], 'its niceness and its policy');
  process.kill(first, 'SIGKILL');
  const wrong = () => made.guest().ask('POST', '/account/sign-in', { login: 'carl', password: 'wrong' });
  check([401, 429].includes((await wrong()).status), 'nobody is let in because of it');
  await until('it is replaced', async () => {
    const { status } = await made.guest().ask('POST', '/account/sign-in', { login: 'carl', password: ada.password });
    return status === 200;
  });
  check(made.server.helpers()[0] !== first, 'another process');
  same((await wrong()).status, 401, 'a wrong password');
}

async function cookies(made) {
  const ada = await made.person('baker');
  const answer = await made.guest().ask('POST', '/account/sign-in', { login: ada.login, password: ada.password });
  for (const cookie of setCookies(answer))
    check(/; HttpOnly; SameSite=Lax/.test(cookie), cookie);
  const browser = await made.browser(ada.login, ada.password);
  const sessions = await browser.must('GET', '/account/sessions');
  same(sessions.filter((one) => one.is_current).length, 1, 'this one is marked');
  const other = sessions.find((one) => !one.is_current);
  await browser.must('DELETE', `/account/sessions/${other.id}`);
  const line = await entered(new Person(made.server, browser.shown).connect(await made.room(ada)));
  await browser.must('POST', '/account/sign-out');
  await until('signing out ends the socket', () => line.closed?.code === 4401, revocationDeadlineMs);
}

/** A browser that is known is not made known again, and an account has so many sessions. */
async function sessionsEnd() {
  await withAccounts({ TANDEM_TOKENS_PER_ACCOUNT: '3' }, async (made) => {
    const ada = await made.person('ada');
    const line = await entered(new Person(made.server, ada.shown).connect(await made.room(ada)));
    const first = await made.browser(ada.login, ada.password);
    const device = /tandem-device=[^;]+/.exec(first.shown.cookie)[0];
    const again = async (cookie) => setCookies(await fetch(`${made.server.url}/account/sign-in`, { method: 'POST',
      headers: { cookie }, body: JSON.stringify({ login: ada.login, password: ada.password }) }));
    same((await again(device)).length, 1, 'the session\'s cookie alone');
    same((await again('tandem-device=tdm_made-up')).length, 2, 'a browser that is not known is made known');
    await until('the oldest session has ended', () => line.closed?.code === 4401, revocationDeadlineMs);
    same((await ada.ask('GET', '/account')).status, 401, 'for requests, too');
    same((await first.must('GET', '/account/sessions')).length, 3, 'as many as there may be');
  });
}

/** What a program's token may not do for whoever has it. */
async function programs(made) {
  const owner = await made.person('programs-owner');
  const ada = await made.person('programs-ada');
  const room = await made.room(owner, { editor: ada });
  const leave = async (scopes) => {
    const program = made.guest({ token: await ada.program(scopes) });
    return (await program.ask('DELETE', `/rooms/${room}/members/${ada.id}`)).status;
  };
  same([await leave(['read']), await leave(['read', 'write'])], [403, 403], 'one that reads and writes does not leave');
  same(await leave(['read', 'account']), 204, 'one that is for the account does');
  const short = made.guest({ token: await ada.program(['account', 'read'], { expires_in: 3600 }) });
  const before = Date.now();
  const long = await short.must('POST', '/account/tokens', { name: 'x', scopes: ['read'], expires_in: 366 * 86400 });
  check(long.expires_at <= Date.now() + 3600_000, 'it ends with the one that made it');
  const other = await ada.must('POST', '/account/tokens', { name: 'x', scopes: ['read'], expires_in: 366 * 86400 });
  check(other.expires_at >= before + 366 * 86400_000, 'of a session\'s it does not');
}

// --- limits ----------------------------------------------------------------------

async function limits() {
  await withAccounts({
    TANDEM_REQUESTS_PER_ACCOUNT: '1/min burst 30', TANDEM_JOINS_PER_ACCOUNT: '1/min burst 2',
    TANDEM_EDITS_PER_ACCOUNT: '1/min burst 5', TANDEM_CHATS_PER_ACCOUNT: '1/min burst 2',
    TANDEM_ROOMS_PER_TENANT: '3', TANDEM_ROOM_BYTES: '2000', TANDEM_INVITES_PER_ROOM: '2',
  }, async (made) => {
    const ada = await made.person('ada');
    const room = await made.room(ada);
    const lines = [await entered(ada.connect(room, { hello: { open: [{ file }] } })), await entered(ada.connect(room))];
    const third = ada.connect(room);
    await until('the third join is too many', () => third.closed?.code === 4429 && third.find('error')?.retry_ms > 0);
    await until('opened', () => lines[0].find('opened'));
    const said = [];
    for (let seq = 1, rev = 1; said.length < 12; seq++) {
      lines[0].send({ type: 'op', file, rev, seq, op: ['x'] });
      const answer = await until('an answer', () =>
        lines[0].heard.find((one) => one.seq === seq && (one.type === 'ack' || one.type === 'error')));
      if (answer.type === 'ack') rev = answer.rev;
      said.push(answer.type === 'ack' ? 'ack' : `${answer.code} ${answer.retry_ms > 0}`);
    }
    check(said.includes('ack') && said.includes('rate_limited true'), said.join());
    for (const id of [1, 2, 3]) lines[1].send({ type: 'chat', id, text: 'hi' });
    const limited = await until('chats of one account', () =>
      lines[1].heard.find((one) => one.type === 'error' && one.code === 'rate_limited'));
    same([limited.id, limited.retry_ms > 0], [3, true], 'which one, and for how long');
    await ada.must('POST', '/rooms', {});
    await ada.must('POST', '/rooms', {});
    same((await ada.ask('POST', '/rooms', {})).status, 409, 'the fourth room');
    const statuses = [];
    let last;
    while (statuses.length < 40 && last?.status !== 429) statuses.push((last = await ada.ask('GET', '/account')).status);
    same([last.status, last.body.error.code, last.body.error.retry_ms > 0, Number(last.headers.get('retry-after')) > 0],
      [429, 'rate_limited', true, true], 'too many requests');
    same((await made.root.ask('GET', '/account')).status, 200, 'others are not concerned');
  });
}

/** What is wrong costs an address as much as what is right, and is not looked up when that is used up. */
async function strangersAreLimited() {
  await withAccounts({ TANDEM_REQUESTS_PER_ADDRESS: '1/min burst 30', TANDEM_JOINS_PER_ADDRESS: '1/min burst 5' }, async (made) => {
    const ada = await made.person('ada');
    const room = await made.room(ada);
    const { token: invite } = await ada.must('POST', `/rooms/${room}/invites`, { role: 'editor' });
    for (let i = 0; i < 8; i++) (await entered(ada.connect(room))).end(); // an account's joins are its own
    const wrong = async (token) => {
      const line = made.guest().connect(room, { hello: { token } });
      await until('an end', () => line.closed);
      return line.closed.code;
    };
    const codes = [];
    for (let i = 0; i < 7; i++) codes.push(await wrong(i % 2 ? 'tdm_wrong' : 'tdi_wrong'));
    same(codes, [4401, 4401, 4401, 4401, 4401, 4429, 4429], 'hellos that show what is good for nothing');
    same(await wrong(invite), 4429, 'a good one is not looked at either');
    same((await ada.must('GET', `/rooms/${room}/invites`))[0].used, 0, 'nor counted');
    for (let i = 0; i < 40; i++) await ada.must('GET', '/account'); // an account's requests are its own
    const stranger = made.guest({ token: 'tdm_wrong' });
    const statuses = [];
    while (statuses.length < 40 && statuses.at(-1) !== 429) statuses.push((await stranger.ask('GET', '/account')).status);
    check(statuses[0] === 401 && statuses.at(-1) === 429, `bad tokens: ${statuses}`);
  });
}

/** The whole room's texts are bounded, whichever file grows. */
async function roomBytes(server) {
  const guest = new Person(server);
  const { room_id: room } = await guest.must('POST', '/rooms', { files: [{ file, text: 'x'.repeat(1500) }, { file: 'b.txt' }] });
  const line = await entered(guest.connect(room, { hello: { open: [{ file: 'b.txt' }] } }));
  await until('opened', () => line.find('opened'));
  line.send({ type: 'op', file: 'b.txt', rev: 0, seq: 1, op: ['y'.repeat(600)] });
  const answer = await until('an answer', () => line.find('error'));
  same([answer.code, answer.seq], ['too_large', 1], 'it would be too much');
  line.send({ type: 'op', file: 'b.txt', rev: 0, seq: 2, op: ['y'.repeat(400)] });
  const taken = await until('what fits is taken', () => line.find('ack'));
  line.send({ type: 'file', do: 'create', file: 'c.txt', text: 'z'.repeat(200) });
  const created = await until('an answer', () => line.heard.find((said) => said.type === 'error' && said.file === 'c.txt'));
  same(created.code, 'too_large', 'a file that comes with its text');
  line.send({ type: 'op', file: 'b.txt', rev: 0, seq: 2, op: ['y'.repeat(400)] });
  const again = await until('what was taken is known', () => line.heard.filter((said) => said.type === 'ack')[1]);
  same(again.rev, taken.rev, 'however full the room is');
}

// --- the door --------------------------------------------------------------------

async function proxies() {
  const ask = async (server, from) =>
    (await fetch(`${server.url}/server`, { headers: { 'x-forwarded-for': from } })).status;
  const flood = async (server, from) => {
    for (let i = 0; i < 5; i++) if (await ask(server, from(i)) === 429) return 'limited';
    return 'free';
  };
  const limit = { TANDEM_REQUESTS_PER_ADDRESS: '1/min burst 3' };
  await withServer(limit, async (server) => {
    same(await flood(server, (i) => `203.0.113.${i}`), 'limited', 'nobody is listed: the header is hearsay');
  });
  await withServer({ ...limit, TANDEM_MODE: 'open', TANDEM_TRUSTED_PROXIES: '127.0.0.0/8, 10.0.0.1' }, async (server) => {
    same(await flood(server, (i) => `203.0.113.${i}`), 'free', 'each address by itself');
    same(await flood(server, () => '198.51.100.1, 10.0.0.1'), 'limited', 'the last that is no proxy');
    same(await flood(server, (i) => `198.51.100.${i + 10}, 192.0.2.7`), 'limited', 'what comes before it is hearsay');
    same(await flood(server, (i) => `2001:db8:1:2::${i}`), 'limited', 'an IPv6 network is one address');
  });
}

async function tls() {
  const dir = fs.mkdtempSync('/tmp/tandem-tls-');
  const make = (name) => execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1',
    '-nodes', '-keyout', path.join(dir, 'key.pem'), '-out', path.join(dir, 'cert.pem'), '-days', '2', '-subj', `/CN=${name}`],
  { stdio: 'ignore' });
  make('first');
  const settings = { TANDEM_TLS_CERTIFICATE: path.join(dir, 'cert.pem'), TANDEM_TLS_KEY: path.join(dir, 'key.pem') };
  const get = (server) => new Promise((done, fail) => {
    https.get(`${server.url}/server`, { rejectUnauthorized: false, agent: false }, (answer) => {
      const { CN } = answer.socket.getPeerCertificate().subject;
      answer.resume().on('end', () => done({ CN, hsts: answer.headers['strict-transport-security'] }));
    }).on('error', fail);
  });
  /** While it still sends: more than the sockets in between hold. */
  const tooMuch = (server) => new Promise((done, fail) => {
    const request = https.request(`${server.url}/rooms`, { method: 'POST', rejectUnauthorized: false, agent: false },
      (answer) => { done(answer.statusCode); request.destroy(); });
    request.on('error', fail);
    request.end(Buffer.alloc(12 << 20, ' '));
  });
  try {
    await withServer(settings, async (server) => {
      for (let i = 0; i < 3; i++) same(await tooMuch(server), 413, 'too much is said so');
      same(await get(server), { CN: 'first', hsts: 'max-age=31536000' }, 'TLS, and HSTS');
      const plain = await fetch(server.url.replace('https', 'http')).then(() => 'answered', () => 'no answer');
      same(plain, 'no answer', 'without TLS');
      make('second');
      await until('the new certificate', async () => (await get(server)).CN === 'second');
      fs.writeFileSync(path.join(dir, 'cert.pem'), 'garbage');
      await until('a bad one is reported', async () => { await get(server); return /the one before stays/.test(server.log); });
      same((await get(server)).CN, 'second', 'the one before stays');
    });
  } finally {
    fs.rmSync(dir, { recursive: true });
  }
}

function networkMode() {
  const serve = (...words) => spawnSync(binary, ['serve', '--listen', '0.0.0.0:0', '--store', 'memory:', ...words],
    { encoding: 'utf8', timeout: 60_000 });
  const said = serve();
  check(said.status === 1 && /Say mode = accounts/.test(said.stderr), `${said.status} ${said.stderr}`);
}

/** What keeps a server from its door ends it, with a word. */
function badStarts(server) {
  const starts = [
    ['--listen', `127.0.0.1:${server.port}`, {}, /Address already in use/],
    ['--listen', '127.0.0.1:0', { TANDEM_MODE: 'open', TANDEM_TRUSTED_PROXIES: 'nonsense' }, /trusted_proxies|nonsense/],
    ['--listen', '127.0.0.1:0', { TANDEM_TLS_CERTIFICATE: '/none', TANDEM_TLS_KEY: '/none' }, /none/],
  ];
  for (const [option, value, env, said] of starts) {
    const done = spawnSync(binary, ['serve', option, value, '--store', 'memory:'],
      { encoding: 'utf8', timeout: 60_000, env: { ...process.env, ...env } });
    check(done.status === 1 && said.test(done.stderr), `${value} ${JSON.stringify(env)}: ${done.status} ${done.stderr}`);
  }
}

// --- the command line ------------------------------------------------------------

async function commandLine(made) {
  await made.server.end('SIGTERM');
  const said = admin(made.store, 'accounts');
  check(/admin +root/.test(said), said);
  const password = /password: (\S+)/.exec(admin(made.store, 'reset-password', 'root'))[1];
  for (const [action, ...more] of [['disable', 'other-root'], ['make-member', 'other-root'],
    ['add-account', 'x'.repeat(201)], ['add-account', 'y', '--name', 'y'.repeat(61)]]) {
    const refused = tryAdmin(made.store, action, ...more);
    same([refused.status, /^tandem: \S/.test(refused.stderr)], [1, true], `${action}: ${refused.stderr}`);
  }
  const second = /password: (\S+)/.exec(
    admin(made.store, 'add-account', 'second-root', '--admin', '--tenant', 'other'))[1];
  admin(made.store, 'disable', 'other-root');
  admin(made.store, 'enable', 'other-root');
  admin(made.store, 'disable', 'other-root');
  await made.server.launch();
  await made.signIn('root', password);
  same((await made.otherRoot.ask('GET', '/account')).status, 401, 'disabled');
  const noted = await (await made.signIn('second-root', second)).must('GET', '/tenant/audit');
  const changes = noted.filter((entry) => entry.action === 'account.disable').map((entry) => entry.detail);
  same(changes, ['yes', 'no', 'yes'], 'what tandem admin did is in the audit log');
}

const bytes = { TANDEM_ROOM_BYTES: '2000' };
await suite('accounts', [
  { name: 'rights that change on live connections', run: () => withAccounts({}, revocation) },
  { name: 'a role is taken while its owner types', run: () => withAccounts({}, demotedWhileTyping) },
  { name: 'who may sign up', run: signUpModes },
  { name: 'passwords', run: () => withAccounts({}, passwords) },
  { name: 'the process that hashes passwords', run: () => withAccounts({}, hashingProcess) },
  { name: 'so many sessions, and browsers that are known', run: sessionsEnd },
  { name: 'tokens for programs', run: () => withAccounts({}, programs) },
  { name: 'cookies and sessions', run: () => withAccounts({}, cookies) },
  { name: 'too much is answered with when to come back', run: limits },
  { name: 'strangers are limited before they are looked up', run: strangersAreLimited },
  { name: 'the texts of a room are bounded', run: () => withServer(bytes, roomBytes) },
  { name: 'addresses behind proxies', run: proxies },
  { name: 'TLS, and a certificate that is renewed', run: tls },
  { name: 'others than this machine: the mode must be said', run: async () => networkMode() },
  { name: 'a start that fails', run: () => withServer({}, async (server) => badStarts(server)) },
  { name: 'tandem admin', run: () => withAccounts({}, commandLine) },
]);
