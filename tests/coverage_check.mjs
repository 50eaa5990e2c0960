// coverage_check.mjs REPORT REASONS: what the tests take of each file, and whether
// each branch that they do not has its reason. A reason is a line
// `file: the source line | how many of its branches are not taken | why`.

import fs from 'node:fs';

const [reportPath, reasonsPath] = process.argv.slice(2);
const report = JSON.parse(fs.readFileSync(reportPath, 'utf8'));
const reasons = new Map(fs.readFileSync(reasonsPath, 'utf8').split('\n')
  .filter((line) => line.trim() !== '' && !line.startsWith('#'))
  .map((line) => {
    const parts = /^(.+) \| (\d+) \| (.+)$/.exec(line);
    if (!parts) throw new Error(`not a reason: ${line}`);
    return [parts[1].trim(), Number(parts[2])];
  }));

const share = (part, all) => `${part} of ${all}`.padStart(12);
const total = { lines: 0, run: 0, branches: 0, taken: 0 };
const open = new Map(); // file: source line → branches not taken, and where
console.log(`${'file'.padEnd(24)}${'lines run'.padStart(12)}${'branches taken'.padStart(16)}`);
for (const { file, lines } of report.files) {
  const source = fs.readFileSync(file, 'utf8').split('\n');
  const sum = { lines: 0, run: 0, branches: 0, taken: 0 };
  for (const line of lines.filter((one) => !one['gcovr/noncode'])) {
    const missing = line.branches.filter(({ count }) => count === 0).length;
    sum.lines += 1;
    sum.run += line.count > 0 ? 1 : 0;
    sum.branches += line.branches.length;
    sum.taken += line.branches.length - missing;
    if (missing === 0) continue;
    const what = `${file}: ${source[line.line_number - 1].trim()}`;
    const known = open.get(what) ?? { missing: 0, places: [] };
    open.set(what, { missing: known.missing + missing, places: [...known.places, `${file}:${line.line_number}`] });
  }
  for (const key of Object.keys(total)) total[key] += sum[key];
  console.log(`${file.padEnd(24)}${share(sum.run, sum.lines)}${share(sum.taken, sum.branches).padStart(16)}`);
}

let unexplained = 0;
for (const [what, { missing, places }] of open) {
  const reason = reasons.get(what);
  const isKnown = reason === missing;
  unexplained += isKnown ? 0 : 1;
  console.log(`${isKnown ? 'with a reason' : reason === undefined ? 'NO REASON' : `A REASON FOR ${reason}`}: `
    + `${missing} not taken in ${places.join(', ')}: ${what.slice(what.indexOf(': ') + 2)}`);
}
const stale = [...reasons.keys()].filter((what) => !open.has(what));
for (const what of stale) console.log(`A REASON FOR WHAT IS TAKEN: ${what}`);
console.log(`${total.run} of ${total.lines} lines run; ${total.taken} of ${total.branches} branches taken, `
  + `${open.size - unexplained} of ${open.size} others with a reason`);
process.exit(unexplained === 0 && stale.length === 0 ? 0 : 1);
