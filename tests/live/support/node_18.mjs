// What Debian 12's Node 18 lacks and tests use.

import { register } from 'node:module';
import zlib from 'node:zlib';

/** The cookies that an answer of fetch's sets, a text each. */
export function setCookies({ headers }) {
  if (headers.getSetCookie) return headers.getSetCookie();
  const joined = headers.get('set-cookie');
  // A comma that begins the next one, not that of a date.
  return joined === null ? [] : joined.split(/, *(?=[^;,= ]+=)/);
}

/** For modules that import it from node:zlib; see zlib_with_crc32.mjs. */
export function giveZlibCrc32() {
  if (zlib.crc32 !== undefined) return;
  const shim = new URL('./zlib_with_crc32.mjs', import.meta.url).href;
  const hooks = `export const resolve = (name, context, next) =>
    name === 'node:zlib' && context.parentURL !== '${shim}' ? { url: '${shim}', shortCircuit: true } : next(name, context);`;
  register(`data:text/javascript,${encodeURIComponent(hooks)}`);
}
