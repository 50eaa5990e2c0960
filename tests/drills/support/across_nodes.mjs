// People in one room through different nodes: what ada does on a must reach bob on
// b, and what somebody takes from them on c must reach them where they are.

import { Person } from '../../live/support/accounts.mjs';
import { check, until } from '../../live/support/suite.mjs';

const hearDeadlineMs = 30_000;
const file = 'a.txt';

/** Until a line has heard something; when, by performance.now(). */
async function hears(line, what, fits) {
  const heard = () => line.heard.find(fits);
  await until(() => `${what} is heard; heard: ${JSON.stringify(line.heard.slice(-3))}, ${JSON.stringify(line.closed)}`, heard, hearDeadlineMs);
  return heard().heardAt;
}

async function isClosed(line, what, code) {
  await until(() => `${what}: ${JSON.stringify(line.closed)}`, () => line.closed, hearDeadlineMs);
  check(line.closed.code === code, `${what}: closed with ${line.closed.code}, not ${code}`);
  return line.closed.at;
}

async function entered(person, room) {
  const line = person.connect(room, { hello: { open: [{ file }] } });
  await until(() => `in: ${JSON.stringify(line.closed)}`, () => line.find('opened'));
  return line;
}

/** One who asks `node` instead. */
const through = (cluster, node, person) =>
  Object.assign(new Person(cluster.nodes[node], person.shown), { id: person.id, login: person.login });

/** A room on a node, and its people: ada is on a, bob on b, who has rights to give asks c. */
export async function people(cluster, made, owner, number) {
  const [boss, ada, bob] = await Promise.all(['boss', 'ada', 'bob'].map((name) => made.person(`${name}-${number}`)));
  const room = await cluster.room(owner, async () => {
    const visited = await made.room(boss, { editor: ada });
    await boss.must('POST', `/rooms/${visited}/members`, { login: bob.login, role: 'editor' });
    (await entered(boss, visited)).end();
    return visited;
  });
  return { room, ada: through(cluster, 'a', ada), bob: through(cluster, 'b', bob), bossOnB: through(cluster, 'b', boss),
    boss: through(cluster, 'c', boss), root: through(cluster, 'c', made.root) };
}

export async function saidAndHeard({ room, ada, bob }) {
  const b = await entered(bob, room);
  const a = await entered(ada, room);
  await hears(b, 'who has come', ({ type, name }) => type === 'join' && name === ada.login);
  const { site } = b.heard.find(({ type, name }) => type === 'join' && name === ada.login);
  a.send({ type: 'chat', id: 1, text: 'hello' });
  await hears(b, 'a chat message', ({ type, text }) => type === 'chat' && text === 'hello');
  a.send({ type: 'cursor', file, rev: 1, ranges: [[1, 2]] });
  await hears(b, 'a cursor', (one) => one.type === 'cursor' && one.site === site);
  a.send({ type: 'op', file, rev: 1, seq: 1, op: ['x'] });
  await hears(b, 'an edit', ({ type, rev }) => type === 'op' && rev === 2);
  await hears(a, 'its ack', ({ type, rev }) => type === 'ack' && rev === 2);
  const third = await entered(ada, room);
  await hears(b, 'a third one', (one) => one.type === 'join' && one.site === third.find('welcome').site);
  third.end();
  await hears(b, 'that it has gone', (one) => one.type === 'leave' && one.site === third.find('welcome').site);
  return { a, b };
}

/** Each right that is taken away, and how long after the answer the socket was told. */
export async function rightsGone({ room, boss, bossOnB, ada, bob, root }, { a, b }) {
  const took = [];
  const timed = async (action, told) => {
    await action();
    const from = performance.now();
    took.push(Math.max(0, await told() - from));
  };
  await timed(() => boss.must('PATCH', `/rooms/${room}/members/${bob.id}`, { role: 'viewer' }),
    () => hears(b, 'a lesser role', ({ type, role }) => type === 'role' && role === 'viewer'));
  await hears(a, 'what he is now', ({ type, role }) => type === 'join' && role === 'viewer');
  b.send({ type: 'op', file, rev: 2, seq: 1, op: ['y'] });
  await hears(b, 'a refusal', ({ type, code }) => type === 'error' && code === 'forbidden');
  await timed(() => boss.must('DELETE', `/rooms/${room}/members/${bob.id}`), () => isClosed(b, 'removed', 4403));
  await timed(() => root.must('PATCH', `/tenant/accounts/${ada.id}`, { is_disabled: true }), () => isClosed(a, 'disabled', 4401));
  const mine = await entered(bossOnB, room);
  await timed(() => boss.must('DELETE', `/rooms/${room}`), () => isClosed(mine, 'the room is removed', 4404));
  return took;
}
