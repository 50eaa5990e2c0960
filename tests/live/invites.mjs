// What an invite gives and what it gives no more, and what of somebody's way into a
// room ends while they are there.

import { Person, entered, withAccounts } from './support/accounts.mjs';
import { withServer } from './support/server.mjs';
import { check, same, suite, until } from './support/suite.mjs';

const file = 'a.txt';
const toldDeadlineMs = 1000;

async function counted(made) {
  const owner = await made.person('inviter');
  const room = await made.room(owner);
  const invite = await owner.must('POST', `/rooms/${room}/invites`, { role: 'editor', uses: 1 });
  check(invite.url.endsWith(`/r/${room}#invite=${invite.token}`), 'behind # it reaches no log');
  const guest = made.guest();
  const first = await entered(guest.connect(room, { hello: { token: invite.token }, client: 'the-same' }));
  first.end();
  await entered(guest.connect(room, { hello: { token: invite.token }, client: 'the-same' }));
  const second = guest.connect(room, { hello: { token: invite.token }, client: 'another' });
  await until('the second is refused', () => second.closed?.code === 4401);
  const [listed] = await owner.must('GET', `/rooms/${room}/invites`);
  same([listed.uses, listed.used], [1, 1], 'counted once');
  check(!JSON.stringify(listed).includes(invite.token), 'the list has no token');
  const bob = await made.person('invited');
  same((await bob.ask('POST', '/invites/redeem', { token: invite.token })).status, 404, 'used up');
  const open = await owner.must('POST', `/rooms/${room}/invites`, { role: 'commenter' });
  same(await bob.must('POST', '/invites/redeem', { token: open.token }), { room_id: room, role: 'commenter' }, 'joined');
  same((await bob.must('GET', '/account/rooms')).map((one) => one.role), ['commenter'], 'a member');
  await bob.must('POST', '/invites/redeem', { token: open.token });
  same((await owner.must('GET', `/rooms/${room}/invites`)).find((one) => one.id === open.id).used, 1,
    'shown again it is not counted again');
}

async function withoutAccounts(server) {
  const guest = new Person(server);
  const { room_id: room } = await guest.must('POST', '/rooms', { files: [{ file, text: 'abc' }] });
  const { token } = await guest.must('POST', `/rooms/${room}/invites`, { role: 'viewer' });
  const line = await entered(guest.connect(room, { hello: { token, open: [{ file }] } }));
  same(line.find('welcome').role, 'viewer', 'the role of the invite');
  await until('opened', () => line.find('opened'));
  line.send({ type: 'op', file, rev: 1, seq: 1, op: ['x'] });
  await until('refused', () => line.find('error'));
  same(line.find('error').code, 'forbidden', 'a viewer may not edit');
  const wrong = guest.connect(room, { hello: { token: 'tdi_never-made' } });
  await until('an invite that is none lets nobody in', () => wrong.closed?.code === 4401);
  for (const route of ['/account', '/account/rooms', '/tenant/audit', `/rooms/${room}/members`])
    same((await guest.ask('GET', route)).status, 404, `${route} is not there without accounts`);
}

const roleIn = (line) => line.find('welcome').role;
const isClosed = (line, code) => until(() => `closed with ${code}: ${line.closed?.code}`, () => line.closed?.code === code, toldDeadlineMs);

/** A browser shows the invite it came by at every connection. */
async function once(made) {
  const owner = await made.person('once-owner');
  const bob = await made.person('once-bob');
  const room = await made.room(owner);
  const { token } = await owner.must('POST', `/rooms/${room}/invites`, { role: 'editor' });
  const again = () => new Person(made.server, browser.shown).connect(room, { hello: { token } });
  const browser = await made.browser(bob.login, bob.password);
  const line = await entered(again());
  same(roleIn(line), 'editor', 'the role of the invite');
  await owner.must('PATCH', `/rooms/${room}/members/${bob.id}`, { role: 'viewer' });
  await until('told', () => line.find('role'), toldDeadlineMs);
  same(roleIn(await entered(again())), 'viewer', 'what the owner gave after that');
  same((await bob.must('POST', '/invites/redeem', { token })).role, 'viewer', 'by REST, too');
  await owner.must('DELETE', `/rooms/${room}/members/${bob.id}`);
  await isClosed(line, 4403);
  await isClosed(again(), 4403);
  same((await bob.ask('POST', '/invites/redeem', { token })).status, 404, 'by REST, too');
}

/** Whoever becomes more by an invite is so in all their windows, and it is in the audit log. */
async function told(made) {
  const owner = await made.person('told-owner');
  const bob = await made.person('told-bob');
  const room = await made.room(owner, { viewer: bob });
  const invite = await owner.must('POST', `/rooms/${room}/invites`, { role: 'editor' });
  const first = await entered(bob.connect(room));
  const browser = await made.browser(bob.login, bob.password);
  const second = new Person(made.server, browser.shown).connect(room, { hello: { token: invite.token } });
  same(roleIn(await entered(second)), 'editor', 'the role of the invite');
  await until('the other window is told', () => first.find('role')?.role === 'editor', toldDeadlineMs);
  const guest = await entered(made.guest().connect(room, { hello: { token: invite.token } }));
  const noted = (await made.root.must('GET', '/tenant/audit')).filter((one) => one.room_id === room && one.action === 'room.join');
  same(noted.map((one) => [one.account, one.name, one.target, one.detail]),
    [[undefined, 'guest', `${invite.id}`, 'editor'], [bob.id, bob.login, `${invite.id}`, 'editor']], 'newest first');
  for (const line of [first, second, guest]) line.end();
}

/** Each: who is in by what, what ends it, and what they are told. */
const ends = [
  ['a guest\'s invite is revoked', async ({ made, owner, room }) => {
    const { id, token } = await owner.must('POST', `/rooms/${room}/invites`, { role: 'editor' });
    return { line: made.guest().connect(room, { hello: { token } }), act: () => owner.must('DELETE', `/rooms/${room}/invites/${id}`) };
  }, 4401],
  ['an invite of another team\'s person is revoked', async ({ made, owner, room, stranger }) => {
    const { id, token } = await owner.must('POST', `/rooms/${room}/invites`, { role: 'editor' });
    const browser = await made.browser(stranger.login, stranger.password);
    return { line: new Person(made.server, browser.shown).connect(room, { hello: { token } }), act: () => owner.must('DELETE', `/rooms/${room}/invites/${id}`) };
  }, 4404],
  ['a member\'s invite is revoked: they stay, and are told of what comes next', async ({ made, owner, room, other }) => {
    const { id, token } = await owner.must('POST', `/rooms/${room}/invites`, { role: 'editor' });
    const browser = await made.browser(other.login, other.password);
    return { line: new Person(made.server, browser.shown).connect(room, { hello: { token } }), act: async () => {
      await owner.must('DELETE', `/rooms/${room}/invites/${id}`);
      await owner.must('PATCH', `/rooms/${room}/members/${other.id}`, { role: 'commenter' });
    } };
  }, 'commenter'],
  ['a link is closed under a guest', async ({ made, owner, room }) => {
    await owner.must('PATCH', `/rooms/${room}`, { visibility: 'link', link_role: 'editor' });
    return { line: made.guest().connect(room), act: () => owner.must('PATCH', `/rooms/${room}`, { visibility: 'private' }) };
  }, 4401],
  ['a link is closed under somebody of another team', async ({ owner, room, stranger }) => {
    await owner.must('PATCH', `/rooms/${room}`, { visibility: 'link', link_role: 'editor' });
    return { line: stranger.connect(room), act: () => owner.must('PATCH', `/rooms/${room}`, { visibility: 'tenant' }) };
  }, 4404],
  ['a link gives less', async ({ made, owner, room }) => {
    await owner.must('PATCH', `/rooms/${room}`, { visibility: 'link', link_role: 'editor' });
    return { line: made.guest().connect(room), act: () => owner.must('PATCH', `/rooms/${room}`, { link_role: 'viewer' }) };
  }, 'viewer'],
  ['the team\'s way in is closed', async ({ owner, room, other }) => {
    await owner.must('PATCH', `/rooms/${room}`, { visibility: 'tenant', link_role: 'editor' });
    return { line: other.connect(room), act: () => owner.must('PATCH', `/rooms/${room}`, { visibility: 'private' }) };
  }, 4403],
];

async function ended(made) {
  const took = [];
  const stranger = await made.person('ended-stranger', made.otherRoot);
  for (const [number, [what, prepare, expected]] of ends.entries()) {
    const owner = await made.person(`ended-owner-${number}`);
    const other = await made.person(`ended-other-${number}`);
    const room = await made.room(owner);
    const { line, act } = await prepare({ made, owner, other, room, stranger });
    await entered(line);
    await act();
    const from = performance.now();
    await until(what, () => line.closed ?? line.find('role'), toldDeadlineMs);
    same(line.closed?.code ?? line.find('role').role, expected, what);
    took.push(Math.max(0, (line.closed?.at ?? line.find('role').heardAt) - from));
    line.end();
  }
  return `${took.length} ends, each told within ${Math.max(...took).toFixed(0)} ms of its answer`;
}

await suite('invites', [
  { name: 'invites are counted and end', run: () => withAccounts({}, counted) },
  { name: 'invites without accounts', run: () => withServer({}, withoutAccounts) },
  { name: 'an invite works once for an account', run: () => withAccounts({}, once) },
  { name: 'who becomes more by an invite is told, and it is noted', run: () => withAccounts({}, told) },
  { name: 'a way in that is closed under who came by it', run: () => withAccounts({}, ended) },
]);
