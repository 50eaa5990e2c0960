// A package from npm that a test stands on, in a folder with its package-lock.json.

import { execFileSync } from 'node:child_process';
import fs from 'node:fs';

/** Installs it if it is not there. That may take minutes: not within a case and its deadline. */
export function install(folder, name) {
  if (!fs.existsSync(`${folder}node_modules/${name}`))
    execFileSync('npm', ['ci', '--no-fund', '--no-audit', '--loglevel=error'], { cwd: folder });
}
