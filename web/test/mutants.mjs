// Can simulation.test.ts fail? Plants each bug of mutants.json in a copy of this
// folder and runs the simulation there.
//
//   node test/mutants.mjs [WORDS…]    only those whose description has the words
//   TANDEM_TEST_SIM_SEEDS             worlds for each (60); ten times as many for one that none of them catches
//   TANDEM_TEST_BRIDGE                otherwise ../build/sim_bridge

import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const web = fileURLToPath(new URL('..', import.meta.url));
const seeds = Number(process.env.TANDEM_TEST_SIM_SEEDS ?? 60);
const mostSeeds = 10 * seeds;
const bridge = resolve(process.env.TANDEM_TEST_BRIDGE ?? join(web, '../build/sim_bridge'));
const words = process.argv.slice(2).join(' ');
const mutants = JSON.parse(readFileSync(join(web, 'test/mutants.json'), 'utf8'));

function copyOfWeb() {
  const copy = mkdtempSync(join(tmpdir(), 'web-mutants-'));
  for (const name of ['src', 'test', 'package.json', 'tsconfig.json', 'vite.config.ts']) {
    cpSync(join(web, name), join(copy, name), { recursive: true });
  }
  symlinkSync(join(web, 'node_modules'), join(copy, 'node_modules'));
  return copy;
}

/** The seeds up to `last` that fail in the copy; throws if the simulation does not come to an end. */
function failedSeeds(copy, first, last) {
  const vitest = join(web, 'node_modules/vitest/vitest.mjs');
  const run = spawnSync(process.execPath, [vitest, 'run', 'test/simulation.test.ts'], {
    cwd: copy,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    env: {
      ...process.env, TANDEM_TEST_BRIDGE: bridge, NO_COLOR: '1',
      TANDEM_TEST_SIM_SEED: String(first), TANDEM_TEST_SIM_SEEDS: String(last - first + 1),
    },
  });
  if (!/^\d+ worlds: /m.test(run.stdout)) throw new Error(`no verdict:\n${run.stdout}\n${run.stderr}`);
  return /^failed seeds: (.*)$/m.exec(run.stdout)?.[1]?.split(' ').map(Number) ?? [];
}

/** Many catch most bugs; some bugs need a rare accident. */
function verdictOf(copy) {
  const failed = failedSeeds(copy, 1, seeds);
  if (failed.length > 0) return { failed, of: seeds };
  return { failed: failedSeeds(copy, seeds + 1, mostSeeds), of: mostSeeds };
}

/** Plants one bug, runs, and takes it out again. */
function verdictWith(copy, { file, find, replace }) {
  const path = join(copy, file);
  const source = readFileSync(path, 'utf8');
  if (source.split(find).length !== 2) throw new Error(`${file} does not hold this once: ${find}`);
  writeFileSync(path, source.split(find).join(replace));
  try {
    return verdictOf(copy);
  } finally {
    writeFileSync(path, source);
  }
}

function row(what, { failed, of }) {
  const verdict = failed.length > 0 ? `caught at seed ${failed[0]}, in ${failed.length} of ${of}` : `not caught in ${of}`;
  console.log(`${what.padEnd(70)} ${verdict}`);
}

const copy = copyOfWeb();
let caught = 0;
let missed = 0;
try {
  const healthy = failedSeeds(copy, 1, seeds);
  if (healthy.length > 0) throw new Error(`without any bug it fails in seed ${healthy[0]}`);
  for (const mutant of mutants.filter(({ what }) => what.includes(words))) {
    const verdict = verdictWith(copy, mutant);
    row(mutant.what, verdict);
    if (verdict.failed.length > 0) caught++;
    else missed++;
  }
} finally {
  rmSync(copy, { recursive: true });
}
console.log(`${caught} caught, ${missed} not caught`);
process.exitCode = missed === 0 ? 0 : 1;
