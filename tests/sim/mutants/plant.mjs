// See `run`. A mutant is caught when a seed fails, or ends the process.

import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.resolve(here, '../../..');
const seedsForRate = 500;
const seedsAtMost = 10_000;
const runDeadlineMs = 100_000;

function parse(text) {
  return text.split(/^== /m).slice(1).map((block) => {
    const [name, file, ...lines] = block.trimEnd().split('\n');
    const side = (sign) => lines.filter((line) => line.startsWith(sign))
      .map((line) => line.slice(1)).join('\n');
    return { name, file, before: side('-'), after: side('+') };
  });
}

function problemOf({ file, before }) {
  const source = fs.readFileSync(path.join(root, file), 'utf8');
  const found = source.split(before).length - 1;
  return before !== '' && found === 1 ? undefined : `its lines are in ${file} ${found} times`;
}

function checkAll(mutants) {
  let wrong = 0;
  for (const mutant of mutants) {
    const problem = problemOf(mutant);
    if (!problem) continue;
    wrong++;
    console.log(`cannot be planted: ${mutant.name}: ${problem}`);
  }
  console.log(`${mutants.length - wrong} can be planted, ${wrong} cannot`);
  return wrong === 0;
}

function prepare() {
  const copy = process.env.TANDEM_TEST_WORK;
  for (const part of ['CMakeLists.txt', 'cmake', 'ot', 'storage', 'actors', 'net', 'config', 'tools', 'tests'])
    fs.cpSync(path.join(root, part), path.join(copy, part), { recursive: true });
  const build = path.join(copy, 'build');
  execFileSync('cmake', ['-S', copy, '-B', build, '-G', 'Ninja'], { stdio: 'ignore' });
  return { copy, build };
}

function buildSim(build) {
  const made = spawnSync('cmake', ['--build', build, '--target', 'sim'], { encoding: 'utf8' });
  return made.status === 0 ? undefined : made.stdout.split('\n').filter((l) => /error/.test(l))[0];
}

function runSeeds(build, seeds) {
  const ran = spawnSync(path.join(build, 'sim'), ['--names', String(seeds)],
    { encoding: 'utf8', timeout: runDeadlineMs, maxBuffer: 1 << 28 });
  const failed = [...ran.stdout.matchAll(/^seed (\d+): (.*)$/gm)];
  if (ran.status === 0) return undefined;
  if (failed.length > 0) {
    const rate = ran.signal ? 'before it ended' : `${failed.length} of ${seeds} seeds`;
    return { seed: Number(failed[0][1]), rate, fault: failed[0][2] };
  }
  const last = [...ran.stdout.matchAll(/^world (\d+)$/gm)].pop();
  return { seed: Number(last?.[1]), rate: '', fault: `the process ends: ${ran.signal ?? ran.status}` };
}

function plant(mutant, { copy, build }) {
  const target = path.join(copy, mutant.file);
  const source = fs.readFileSync(target, 'utf8');
  fs.writeFileSync(target, source.replace(mutant.before, () => mutant.after));
  const broken = buildSim(build);
  const caught = broken ? undefined : runSeeds(build, seedsForRate) ?? runSeeds(build, seedsAtMost);
  fs.writeFileSync(target, source);
  if (broken) console.log(`DOES NOT BUILD  ${mutant.name}: ${broken}`);
  else if (caught) console.log(`caught by seed ${caught.seed}  ${mutant.name}  (${[caught.rate, caught.fault].filter(Boolean).join('; ')})`);
  else console.log(`NOT CAUGHT      ${mutant.name}`);
  return Boolean(caught);
}

const words = process.argv.slice(2);
const all = parse(fs.readFileSync(path.join(here, 'mutants.txt'), 'utf8'));
if (words[0] === '--check') process.exit(checkAll(all) ? 0 : 1);
const chosen = all.filter(({ name }) => words.length === 0 || words.some((word) => name.includes(word)));
if (!checkAll(chosen)) process.exit(1);
const place = prepare();
if (buildSim(place.build) || runSeeds(place.build, seedsForRate)) {
  console.log('the simulation fails without a planted bug');
  process.exit(1);
}
const caught = chosen.filter((mutant) => plant(mutant, place)).length;
console.log(`${caught} caught, ${chosen.length - caught} not caught`);
process.exit(caught === chosen.length ? 0 : 1);
