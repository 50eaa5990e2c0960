// The editing traces that the tests replay; see README.md for where they come from.

import fs from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';

import { tracesDir } from './server.mjs';
import { Skip } from './suite.mjs';
import { replacement } from './text_op.mjs';

/** A sequential trace: its texts, and every patch as one operation. */
export function readTrace(name) {
  const file = path.join(tracesDir, `${name}.json.gz`);
  if (!fs.existsSync(file)) throw new Skip(`no ${name} under TANDEM_TEST_TRACES (${tracesDir})`);
  const { startContent, endContent, txns } = JSON.parse(gunzipSync(fs.readFileSync(file)));
  const ops = txns.flatMap((txn) =>
    txn.patches.map(([at, removed, text]) => replacement(at, removed, text)));
  return { startContent, endContent, ops };
}
