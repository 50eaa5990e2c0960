// A PostgreSQL of the drill's own, on a socket in a folder of its own: started,
// stopped in every way, started again. fsync stays on: it is what is drilled.

import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { atEnd, sleep, until } from '../../live/support/suite.mjs';

const versionsFolder = '/usr/lib/postgresql';
const patienceMs = 60_000;

function programs() {
  const folders = fs.existsSync(versionsFolder)
    ? fs.readdirSync(versionsFolder).map((version) => path.join(versionsFolder, version, 'bin'))
      .filter((folder) => fs.existsSync(path.join(folder, 'initdb'))) : [];
  if (folders.length === 0)
    throw new Error('PostgreSQL is not installed, and this drill needs it: apt-get install postgresql');
  return folders.sort().at(-1);
}

/** Nobody may start a server as root: { uid, gid } of somebody else. */
function servant() {
  if (process.getuid() !== 0) return {};
  const found = fs.readFileSync('/etc/passwd', 'utf8').split('\n')
    .map((line) => line.split(':')).filter(([name]) => ['postgres', 'nobody'].includes(name));
  const [, , uid, gid] = found.find(([name]) => name === 'postgres') ?? found[0];
  return { uid: Number(uid), gid: Number(gid) };
}

export class Postgres {
  #child;
  #exit;
  #databases = 0;

  /** `folder`: where its data shall be; one of its own if none is named. */
  static async start(folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tandem-postgres-')), options = []) {
    const server = new Postgres();
    Object.assign(server, { folder, options, bin: programs(), as: servant() });
    server.forget = atEnd(() => {
      server.#child?.kill('SIGKILL');
      fs.rmSync(folder, { recursive: true, force: true });
    });
    if (server.as.uid !== undefined) fs.chownSync(folder, server.as.uid, server.as.gid);
    execFileSync(path.join(server.bin, 'initdb'),
      ['--pgdata', server.data, '--username', 'postgres', '--auth', 'trust', '--encoding', 'UTF8',
        '--locale', 'C', '--no-sync'], { ...server.as, cwd: '/', stdio: 'ignore' });
    await server.launch();
    return server;
  }

  get data() {
    return path.join(this.folder, 'data');
  }

  get socket() {
    return path.join(this.folder, '.s.PGSQL.5432');
  }

  /** `folder`: of the socket, if it is not the server's own. */
  url(database, folder = this.folder) {
    return `postgresql://postgres@/${database}?host=${folder}`;
  }

  get isRunning() {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Returns when it takes connections. */
  async launch() {
    const log = fs.openSync(path.join(this.folder, 'log'), 'a');
    this.#child = spawn(path.join(this.bin, 'postgres'),
      ['-D', this.data, '-k', this.folder, '-c', 'listen_addresses=',
        // Else a start after a crash would sync each file of the cluster.
        '-c', 'recovery_init_sync_method=syncfs', ...this.options],
      { ...this.as, cwd: '/', stdio: ['ignore', log, log] });
    fs.closeSync(log);
    this.#exit = new Promise((done) => this.#child.once('exit', done));
    await until('PostgreSQL takes connections', () => this.#takesConnections(), patienceMs);
  }

  #takesConnections() {
    if (!this.isRunning)
      throw new Error(`PostgreSQL has ended: ${fs.readFileSync(path.join(this.folder, 'log'), 'utf8').slice(-800)}`);
    try {
      this.sql('postgres', 'SELECT 1');
      return true;
    } catch {
      return false;
    }
  }

  sql(database, statement) {
    return execFileSync(path.join(this.bin, 'psql'),
      ['-XAtq', '-d', this.url(database), '-c', statement],
      { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], timeout: 10_000 }).trim();
  }

  addDatabase() {
    const name = `drill_${++this.#databases}`;
    this.sql('postgres', `CREATE DATABASE ${name}`);
    return name;
  }

  /** SIGINT: everybody is cut off, then it is shut down. SIGQUIT: at once. SIGKILL: a crash. */
  async end(signal) {
    this.#child.kill(signal);
    await Promise.race([this.#exit, sleep(patienceMs)]);
    if (this.isRunning) throw new Error(`PostgreSQL did not end by ${signal}`);
  }

  async dispose() {
    if (this.isRunning) await this.end('SIGQUIT');
    fs.rmSync(this.folder, { recursive: true, force: true });
    this.forget();
  }
}

export async function withPostgres(body, ...how) {
  const server = await Postgres.start(...how);
  try {
    return await body(server);
  } finally {
    await server.dispose();
  }
}
