// The op log and the commands around it: out of the store of a real server, into
// another, replayed, checked, and named where it is wrong.

import { execFile, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';

import { ProtocolClient } from './support/protocol_client.mjs';
import { binary, tracesDir, withServer } from './support/server.mjs';
import { check, same, Skip, suite, until } from './support/suite.mjs';

function tandem(server, ...words) {
  const ran = spawnSync(binary, words, { cwd: server.dir, encoding: 'utf8', maxBuffer: 1 << 28 });
  return { status: ran.status, out: ran.stdout, said: ran.stderr };
}

async function typedRoom(server) {
  const room = await server.createRoom([{ file: 'a.py', text: 'x = 1\n' }, { file: 'src/b.txt' }]);
  const client = new ProtocolClient(
    { url: () => server.url, room, files: ['a.py', 'src/b.txt'], name: 'Ada' }).connect();
  await until('in', () => client.isReady('a.py') && client.isReady('src/b.txt'));
  for (let i = 0; i < 50; i++) {
    for (const [file, op] of [['a.py', [`é${i};`]], ['src/b.txt', ['😀']]]) {
      client.edit(file, op);
      await until('acknowledged', () => client.isSettled(file));
    }
  }
  client.end();
  return room;
}

const git = (server, ...words) =>
  spawnSync('git', words, { cwd: path.join(server.dir, 'repository'), encoding: 'utf8' }).stdout;

async function asGitHistory(server) {
  if (spawnSync('git', ['--version']).status !== 0) throw new Skip('git is not installed');
  const room = await server.createRoom([{ file: 'a.py', text: 'x = 1\n' }, { file: 'src/ü "b".txt' }]);
  const people = ['Ada', 'Bob <b@example.org>'].map((name) => new ProtocolClient(
    { url: () => server.url, room, files: ['a.py', 'src/ü "b".txt'], name }).connect());
  await until('in', () => people.every((one) => one.isReady('a.py') && one.isReady('src/ü "b".txt')));
  const type = async (who, file, op) => {
    people[who].edit(file, op);
    await until('acknowledged', () => people[who].isSettled(file));
  };
  await type(0, 'a.py', ['é']);
  await type(0, 'src/ü "b".txt', ['😀\n']);
  await type(1, 'a.py', ['# ']);
  const text = (await server.text(room, 'a.py')).text;
  people.forEach((one) => one.end());
  await server.end('SIGTERM');
  const exported = tandem(server, 'export', room, '--git', 'repository', '--store', 'sqlite:tandem.db');
  same([exported.status, exported.out], [0, '3 commits of 4 edits in repository\n'], exported.said);
  same(git(server, 'log', '--format=%an <%ae> %s').split('\n').map((line) => line.replace(/<.*>/, '<>')),
    ['Bob b@example.org <> a.py', 'Ada <> a.py, src/ü "b".txt', 'Guest <> a.py', ''], 'the commits');
  same(git(server, 'status', '--porcelain'), '', 'it is checked out');
  same(fs.readFileSync(path.join(server.dir, 'repository/a.py'), 'utf8'), text, 'the file');
  same(git(server, 'show', 'HEAD~1:a.py'), 'éx = 1\n', 'as it was before Bob');
  same(git(server, 'show', 'HEAD:src/ü "b".txt'), '😀\n', 'the other file');
  const again = tandem(server, 'export', room, '--git', 'repository', '--store', 'sqlite:tandem.db');
  same([again.status, again.said], [1, 'tandem: repository is not empty\n'], 'nothing is overwritten');
}

/** Beside the server, which must go on: the other commands are waited for. */
function replayTo(server, ...words) {
  return new Promise((done) => execFile(binary, ['replay', ...words], { cwd: server.dir },
    (error, out, said) => done({ status: error?.code ?? 0, out, said })));
}

async function intoALiveServer(server) {
  const room = await typedRoom(server);
  fs.writeFileSync(path.join(server.dir, 'room.ndjson'),
    await (await server.request(`/rooms/${room}/log`)).text());
  const driven = await replayTo(server, 'room.ndjson', '--to', server.url, '--speed', 'max', '--clients', '2');
  same(driven.status, 0, driven.said);
  const [, made, operations] = /\/r\/(\S+): (\d+) operations in /.exec(driven.out);
  same(operations, '101', 'operations');
  for (const file of ['a.py', 'src/b.txt'])
    same(await server.text(made, file), await server.text(room, file), file);
  const timed = await replayTo(server, 'room.ndjson', '--to', server.url, '--speed', '1000');
  same(timed.status, 0, timed.said);
  const nobody = await replayTo(server, 'room.ndjson', '--to', 'http://127.0.0.1:1');
  check(nobody.status === 1 && nobody.said.startsWith('tandem: http://127.0.0.1:1: '), nobody.said);
  for (const wrong of [['--to', 'ws://x'], ['--to', server.url, '--speed', 'fast']])
    check((await replayTo(server, 'room.ndjson', ...wrong)).status > 0, wrong.join(' '));
}

async function thereAndBack(server) {
  const room = await typedRoom(server);
  const text = (await server.text(room, 'a.py')).text;
  await server.end('SIGTERM');
  const exported = tandem(server, 'export', room, '--store', 'sqlite:tandem.db');
  same(exported.status, 0, exported.said);
  fs.writeFileSync(path.join(server.dir, 'room.ndjson'), exported.out);

  const verified = tandem(server, 'replay', 'room.ndjson', '--verify');
  same([verified.status, verified.out.split('\n').at(-2)],
    [0, 'room.ndjson: 101 operations, sound'], 'verified');
  same(tandem(server, 'replay', 'room.ndjson', '--file', 'a.py').out, text, 'the text');
  same(tandem(server, 'replay', 'room.ndjson', '--file', 'a.py', '--at', '1').out, 'x = 1\n',
    'the first revision');
  same(tandem(server, 'replay', 'room.ndjson', '--out', 'files').status, 0, 'written out');
  same(fs.readFileSync(path.join(server.dir, 'files/a.py'), 'utf8'), text, 'the file');
  same(fs.readFileSync(path.join(server.dir, 'files/src/b.txt'), 'utf8'), '😀'.repeat(50), 'the other');

  const imported = tandem(server, 'import', 'room.ndjson', '--store', 'sqlite:other.db');
  same([imported.status, imported.out], [0, `${room}\n`], 'imported under its id');
  same(tandem(server, 'export', room, '--store', 'sqlite:other.db').out, exported.out, 'exported again');
  const again = tandem(server, 'import', 'room.ndjson', '--store', 'sqlite:other.db');
  check(again.status === 0 && again.out.trim() !== room, 'a second import takes another id');

  await server.launch();
  same((await server.text(room, 'a.py')).text, text, 'the text that is served');
}

async function faultsAreNamed(server) {
  const room = await typedRoom(server);
  await server.end('SIGTERM');
  const lines = tandem(server, 'export', room, '--store', 'sqlite:tandem.db').out.split('\n');
  const table = [
    ['a line is lost', (all) => all.splice(5, 1), ':6: a.py: revision 5 does not follow 3'],
    ['an operation reaches too far', (all) => { all[5] = all[5].replace('"op":[', '"op":[99999,'); },
      ':6: a.py: revision 4 reaches '],
    ['no JSON', (all) => { all[7] = '{"file'; }, ':8: no JSON'],
    ['another text', (all) => { all[9] = all[9].replace('é', 'e'); }, 'has another hash'],
    ['cut off', (all) => all.splice(60), ': the log has no end'],
    ['no log', (all) => all.splice(0, 1), ':1: neither an op log nor an editing trace'],
  ];
  for (const [what, damage, fault] of table) {
    const damaged = [...lines];
    damage(damaged);
    fs.writeFileSync(path.join(server.dir, 'bad.ndjson'), damaged.join('\n'));
    const verified = tandem(server, 'replay', 'bad.ndjson', '--verify');
    check(verified.status === 1 && verified.said.includes(fault), `${what}: ${verified.said}`);
    const imported = tandem(server, 'import', 'bad.ndjson', '--store', 'sqlite:empty.db');
    same(imported.status, 1, `${what}: the import`);
    check(tandem(server, 'export', room, '--store', 'sqlite:empty.db').status === 1,
      `${what}: a part of it was imported`);
  }
}

async function tracesAreRead(server) {
  if (!fs.existsSync(tracesDir)) throw new Skip('no traces');
  const trace = path.join(tracesDir, 'sveltecomponent.json.gz');
  const verified = tandem(server, 'replay', trace, '--verify');
  check(verified.status === 0 && verified.out.includes('19749 operations, sound'), verified.said);
  const concurrent = tandem(server, 'replay', path.join(tracesDir, 'friendsforever.json.gz'));
  check(concurrent.status === 1 && concurrent.said.includes('concurrent'), 'a concurrent one');
  const zipped = path.join(server.dir, 'log.gz');
  fs.writeFileSync(zipped, gzipSync('{"tandem":"oplog","version":1,"room":{}}\n{"end":true,"files":[]}\n'));
  same(tandem(server, 'replay', zipped, '--verify').status, 0, 'a gzipped log');
}

async function wrongCalls(server) {
  const table = [
    [['replay'], 2], [['replay', 'a', 'b'], 2], [['replay', 'a', '--at', 'x'], 2],
    [['replay', 'a', '--what'], 2], [['replay', 'none.ndjson'], 1], [['export'], 2],
    [['export', 'none', '--store', 'sqlite:new.db'], 1], [['export', 'r', '--store', 'what:x'], 1],
    [['import', 'none.ndjson', '--store', 'sqlite:new.db'], 1], [['migrate', 'x'], 2],
    [['migrate', '--store', 'sqlite:new.db'], 0], [['what'], 2], [['--help'], 0],
  ];
  for (const [words, status] of table)
    same(tandem(server, ...words).status, status, words.join(' '));
}

await suite('op log', [
  { name: 'a room there and back', run: () => withServer({}, thereAndBack) },
  { name: 'a log typed into a live server', run: () => withServer({}, intoALiveServer) },
  { name: 'a room as a Git history', run: () => withServer({}, asGitHistory) },
  { name: 'what is wrong is named, and not imported', run: () => withServer({}, faultsAreNamed) },
  { name: 'editing traces and gzipped logs are read', run: () => withServer({}, tracesAreRead) },
  { name: 'wrong calls', run: () => withServer({}, wrongCalls) },
]);
