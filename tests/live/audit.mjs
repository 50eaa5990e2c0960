// The audit log: every action that docs/operating.md lists is done once, and the log
// has that and nothing else; of whose team it is, who may read it, and what is never in it.

import fs from 'node:fs';

import { Person, entered, withAccounts } from './support/accounts.mjs';
import { check, same, suite, until } from './support/suite.mjs';

const file = 'a.txt';
const secret = 'the text of a file';

/** The actions in the first column of the document's table. */
function documented() {
  const text = fs.readFileSync(new URL('../../docs/operating.md', import.meta.url), 'utf8');
  const section = text.split('## The audit log')[1].split('\n## ')[0];
  const rows = section.split('\n').filter((line) => line.startsWith('| `'));
  return rows.flatMap((row) => [...row.split('|')[1].matchAll(/`([^`]+)`/g)].map(([, action]) => action));
}

const noted = (person, more = '') => person.must('GET', `/tenant/audit?limit=1000${more}`);

/** What has no entry yet may come a moment later: an export's and a failed sign-in's are written behind the answer. */
const first = (made, fits) => until('an entry', async () => (await noted(made.root)).find(fits));

/** Each: an action, who does it, and what its entry says. */
const deeds = [
  ['account.create', async ({ made }) => { await made.person('made'); }, { name: 'root', target: 'made', detail: 'member' }],
  ['sign_up', async ({ made, owner }) => {
    const { token } = await made.root.must('POST', '/tenant/invites', {});
    await made.guest().must('POST', '/account/sign-up', { login: 'new', password: 'long enough', invite: token });
    check(owner.id, 'there are others');
  }, { name: 'new' }],
  ['sign_in', async ({ made, owner }) => { await made.signIn(owner.login, owner.password); }, { name: 'owner' }],
  ['sign_in.failed', async ({ made, owner }) => {
    await made.guest().ask('POST', '/account/sign-in', { login: owner.login, password: 'a wrong one' });
  }, { name: 'owner', detail: '1' }],
  ['sign_out', async ({ made, owner }) => {
    await (await made.signIn(owner.login, owner.password)).must('POST', '/account/sign-out');
  }, { name: 'owner' }],
  ['account.password', async ({ made }) => {
    const one = await made.person('changing');
    await one.must('POST', '/account/password', { old: one.password, new: 'a new password' });
  }, { name: 'changing' }],
  ['account.role', async ({ made, ada }) => { await made.root.must('PATCH', `/tenant/accounts/${ada.id}`, { role: 'member' }); },
    { name: 'root', target: 'ada', detail: 'member' }],
  ['account.disable', async ({ made }) => {
    await made.root.must('PATCH', `/tenant/accounts/${(await made.person('going')).id}`, { is_disabled: true });
  }, { name: 'root', target: 'going', detail: 'yes' }],
  ['account.reset', async ({ made }) => {
    await made.root.must('PATCH', `/tenant/accounts/${(await made.person('forgetful')).id}`, { reset_password: true });
  }, { name: 'root', target: 'forgetful' }],
  ['session.remove', async ({ made, owner }) => {
    await made.signIn(owner.login, owner.password);
    const other = (await owner.must('GET', '/account/sessions')).find((one) => !one.is_current);
    await owner.must('DELETE', `/account/sessions/${other.id}`);
    return { target: `${other.id}` };
  }, { name: 'owner' }],
  ['token.create', async ({ owner, kept }) => {
    kept.program = await owner.must('POST', '/account/tokens', { name: 'x', scopes: ['read'] });
    return { target: `${kept.program.id}` };
  }, { name: 'owner', detail: 'read' }],
  ['token.remove', async ({ owner, kept }) => {
    await owner.must('DELETE', `/account/tokens/${kept.program.id}`);
    return { target: `${kept.program.id}` };
  }, { name: 'owner' }],
  ['tenant.invite', async ({ made }) => {
    const { id } = await made.root.must('POST', '/tenant/invites', {});
    await made.root.must('DELETE', `/tenant/invites/${id}`);
    return { target: `${id}` };
  }, { name: 'root', detail: 'removed' }],
  ['room.create', async ({ owner, kept }) => {
    kept.room = (await owner.must('POST', '/rooms', { name: 'R', files: [{ file, text: secret }] })).room_id;
    return { room_id: kept.room };
  }, { name: 'owner' }],
  ['room.change', async ({ owner, kept }) => {
    await owner.must('PATCH', `/rooms/${kept.room}`, { visibility: 'link', link_role: 'viewer' });
    return { room_id: kept.room };
  }, { name: 'owner', detail: 'link viewer' }],
  ['room.member', async ({ owner, ada, kept }) => {
    await owner.must('POST', `/rooms/${kept.room}/members`, { login: 'ada', role: 'viewer' });
    await owner.must('PATCH', `/rooms/${kept.room}/members/${ada.id}`, { role: 'editor' });
    await owner.must('DELETE', `/rooms/${kept.room}/members/${ada.id}`);
    return { room_id: kept.room, target: `${ada.id}` };
  }, { name: 'owner', detail: 'removed' }],
  ['room.invite', async ({ owner, kept }) => {
    kept.invite = await owner.must('POST', `/rooms/${kept.room}/invites`, { role: 'editor' });
    return { room_id: kept.room, target: `${kept.invite.id}` };
  }, { name: 'owner', detail: 'editor' }],
  ['room.join', async ({ made, ada, kept }) => {
    const browser = await made.browser(ada.login, ada.password);
    (await entered(new Person(made.server, browser.shown).connect(kept.room, { hello: { token: kept.invite.token } }))).end();
    return { room_id: kept.room, target: `${kept.invite.id}`, account: ada.id };
  }, { name: 'ada', detail: 'editor' }],
  ['room.owner', async ({ owner, ada, kept }) => {
    await owner.must('POST', `/rooms/${kept.room}/owner`, { account: ada.id });
    return { room_id: kept.room, target: `${ada.id}` };
  }, { name: 'owner' }],
  ['room.export', async ({ owner, kept }) => {
    await owner.ask('GET', `/rooms/${kept.room}/log`);
    return { room_id: kept.room };
  }, { name: 'owner' }],
  ['audit.export', async ({ made }) => { await made.root.ask('GET', '/tenant/audit/export'); }, { name: 'root' }],
  ['room.remove', async ({ ada, kept }) => {
    await ada.must('DELETE', `/rooms/${kept.room}`);
    return { room_id: kept.room };
  }, { name: 'ada' }],
];

/** In tests/live/company.mjs, where there is a provider. */
const elsewhere = ['sign_in.company'];

async function everyAction(made) {
  const world = { made, owner: await made.person('owner'), ada: await made.person('ada'), kept: {} };
  for (const [action, act, says] of deeds) {
    const before = (await noted(made.root))[0].id;
    const more = await act(world);
    const entry = await first(made, (one) => one.id > before && one.action === action);
    const expected = { ...says, ...more };
    for (const [field, value] of Object.entries(expected)) same(entry[field], value, `${action}: ${field}`);
    for (const field of ['target', 'detail', 'room_id'])
      check(field in expected || !(field in entry), `${action} says no ${field}: ${JSON.stringify(entry)}`);
    check(entry.address === '127.0.0.1' && Math.abs(entry.at - Date.now()) < 60_000, JSON.stringify(entry));
  }
  const listed = documented().sort();
  same([...deeds.map(([action]) => action), ...elsewhere].sort(), listed, 'docs/operating.md lists what is done here');
  const seen = new Set((await noted(made.root)).map((one) => one.action));
  same([...seen, ...elsewhere].sort(), listed, 'the log has nothing that is not listed');
  const exported = (await made.root.ask('GET', '/tenant/audit/export')).text;
  for (const hidden of [secret, world.kept.invite.token, world.kept.program.token, world.owner.password, world.owner.shown.token])
    check(!exported.includes(hidden) && !made.server.log.includes(hidden), `a secret in the log: ${hidden.slice(0, 8)}`);
  return `${listed.length} actions`;
}

/** A room's log is of its team's concern, whoever takes it away. */
async function exports(made) {
  const owner = await made.person('exporter');
  const stranger = await made.person('stranger', made.otherRoot);
  const room = await made.room(owner);
  await owner.must('PATCH', `/rooms/${room}`, { visibility: 'link', link_role: 'viewer' });
  const taken = async () => (await noted(made.root)).filter((one) => one.room_id === room && one.action === 'room.export');
  for (const [number, person] of [made.guest(), stranger, owner].entries()) {
    same((await person.ask('GET', `/rooms/${room}/log`)).status, 200, 'the log');
    await until('noted', async () => (await taken()).length === number + 1);
  }
  same((await taken()).map((one) => [one.name, one.account]),
    [['exporter', owner.id], ['stranger', undefined], ['guest', undefined]], 'newest first');
  same((await noted(made.otherRoot)).filter((one) => one.room_id).length, 0, 'nothing of it in the stranger\'s own team\'s');
}

/** What fails is noted where it is somebody's account. */
async function failures(made) {
  const ada = await made.person('clumsy');
  same((await ada.ask('POST', '/account/password', { old: 'wrong', new: 'a new password' })).status, 403, 'the wrong old password');
  await first(made, (one) => one.action === 'sign_in.failed' && one.name === 'clumsy' && one.account === ada.id);
  await made.guest().ask('POST', '/account/sign-in', { login: 'nobody', password: 'wrong' });
  check(!(await noted(made.root)).some((one) => one.name === 'nobody'), 'a login that does not exist is in no log');
}

async function pages(made) {
  const entries = await noted(made.root);
  const exported = (await made.root.ask('GET', '/tenant/audit/export')).text;
  const lines = exported.trim().split('\n').map((line) => JSON.parse(line));
  check(lines.length >= entries.length && lines[0].id < lines.at(-1).id, 'all, oldest first');
  for (let i = 0; i < 3; i++) await made.signIn('root', made.root.password);
  const all = await noted(made.root);
  const page = await made.root.must('GET', `/tenant/audit?limit=2&before=${all[1].id}`);
  same(page.map((one) => one.id), all.slice(2, 4).map((one) => one.id), 'in pages');
}

await suite('audit', [
  { name: 'every action that is documented, and no other', run: () => withAccounts({}, everyAction), deadlineMs: 60_000 },
  { name: 'exports, by whoever takes them', run: () => withAccounts({}, exports) },
  { name: 'what fails', run: () => withAccounts({}, failures) },
  { name: 'pages, and the whole', run: () => withAccounts({}, pages) },
]);
