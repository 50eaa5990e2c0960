// What is borrowed from web/node_modules, so that these tests need no package of
// their own: the ws library, and esbuild to load the TypeScript client library.

import fs from 'node:fs';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';

import { repoRoot } from './server.mjs';
import { atEnd } from './suite.mjs';

const web = path.join(repoRoot, 'web');
const requireFromWeb = createRequire(path.join(web, 'package.json'));

function load(name) {
  try {
    return requireFromWeb(name);
  } catch (error) {
    console.log(`FAIL  the live tests need ${name}: run npm ci in web/ (${error.code})`);
    process.exit(1);
  }
}

export const WebSocket = load('ws');

/** Bundles TypeScript modules of web/src and imports them; undefined if one is absent. */
export async function importFromWeb(modules) {
  const source = path.join(web, 'src');
  if (!modules.every((name) => fs.existsSync(path.join(source, `${name}.ts`)))) return undefined;
  const contents = modules.map((name) => `export * from './${name}';`).join('\n');
  const built = await load('esbuild').build({
    stdin: { contents, resolveDir: source, loader: 'ts' },
    bundle: true, write: false, format: 'esm', platform: 'neutral', target: 'node18',
    logLevel: 'silent',
  });
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'tandem-live-library-'));
  atEnd(() => fs.rmSync(folder, { recursive: true, force: true }));
  const bundle = path.join(folder, 'library.mjs');
  fs.writeFileSync(bundle, built.outputFiles[0].text);
  return import(pathToFileURL(bundle));
}
