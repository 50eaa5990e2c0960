// A clock that a drill can set, for one process: libfaketime (Debian: faketime)
// between it and the system. Its steady clock is left alone, as it is when
// somebody sets a machine's clock.

import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';

import { atEnd, Skip } from '../../live/support/suite.mjs';

const librariesFolder = '/usr/lib';
const libraryFile = 'faketime/libfaketimeMT.so.1';

function findLibrary() {
  const found = fs.readdirSync(librariesFolder).map((name) => path.join(librariesFolder, name, libraryFile))
    .find((file) => fs.existsSync(file));
  if (!found) throw new Skip('needs libfaketime: apt-get install faketime');
  return found;
}

export class FakeClock {
  #file;
  #forget;

  constructor() {
    const library = findLibrary();
    this.folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tandem-clock-'));
    this.#forget = atEnd(() => fs.rmSync(this.folder, { recursive: true, force: true }));
    this.#file = path.join(this.folder, 'offset');
    this.set('+0');
    this.settings = { LD_PRELOAD: library, FAKETIME_TIMESTAMP_FILE: this.#file, FAKETIME_NO_CACHE: '1',
      DONT_FAKE_MONOTONIC: '1', FAKETIME_DONT_FAKE_MONOTONIC: '1' };
  }

  /** By how much it is off from now on: '+1h', '-1h', '+0'. */
  set(offset) {
    fs.writeFileSync(`${this.#file}.new`, `${offset}\n`);
    fs.renameSync(`${this.#file}.new`, this.#file); // nobody reads half of it
  }

  /** Removes what it and a process that was killed with it leave behind. */
  dispose(pid) {
    for (const name of [`faketime_shm_${pid}`, `sem.faketime_sem_${pid}`])
      fs.rmSync(path.join('/dev/shm', name), { force: true });
    fs.rmSync(this.folder, { recursive: true, force: true });
    this.#forget();
  }
}
