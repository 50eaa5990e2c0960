// coverage_check.mjs REPORT REASONS: whether each branch that was not taken has
// its reason. A reason is a line `file: the source line | why`.

import fs from 'node:fs';

const [reportPath, reasonsPath] = process.argv.slice(2);
const report = JSON.parse(fs.readFileSync(reportPath, 'utf8'));
const reasons = new Map(fs.readFileSync(reasonsPath, 'utf8').split('\n')
  .filter((line) => line.trim() !== '' && !line.startsWith('#'))
  .map((line) => {
    const [where, why] = line.split(' | ');
    return [where.trim(), why?.trim()];
  }));

let branches = 0;
let taken = 0;
const used = new Set();
const missing = [];
for (const { file, lines } of report.files) {
  const source = fs.readFileSync(file, 'utf8').split('\n');
  const open = new Set();
  for (const line of lines) {
    if (line['gcovr/noncode'] || line.branches.length === 0) continue;
    branches += line.branches.length;
    taken += line.branches.filter(({ count }) => count > 0).length;
    if (line.branches.some(({ count }) => count === 0)) open.add(line.line_number);
  }
  for (const number of open) {
    const where = `${file}: ${source[number - 1].trim()}`;
    if (reasons.get(where)) used.add(where);
    else missing.push(`${file}:${number}: ${source[number - 1].trim()}`);
  }
}
for (const one of missing) console.log(`not taken, and no reason: ${one}`);
for (const where of reasons.keys()) if (!used.has(where)) console.log(`a reason for what is taken: ${where}`);
console.log(`${taken} of ${branches} branches taken, ${used.size} lines with a reason, ${missing.length} without`);
process.exit(missing.length === 0 && used.size === reasons.size ? 0 : 1);
