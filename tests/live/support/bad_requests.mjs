// The table of HTTP requests that must be refused, byte for byte, each with the
// status that answers it (undefined: the connection just ends).

import { upgrade } from './raw.mjs';

const get = (path, headers = '') => `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${headers}\r\n`;
const send = (method, path, body, headers = '') =>
  `${method} ${path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n${headers}`
  + `Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
const deep = '['.repeat(100_000);
const number = `0.${'1'.repeat(100)}e-2147483639`;

export function httpCases(room) {
  const rooms = (body) => send('POST', '/rooms', body);
  const files = `/rooms/${room}/files`;
  return [
    { name: 'no request line', bytes: '\x00\x01\x02\r\n\r\n', status: 400 },
    { name: 'TLS', bytes: Buffer.from('16030100c8010000c40303aabbccdd0d0a0d0a', 'hex'), status: 400 },
    { name: 'a bad version', bytes: 'GET / HTTP/9.9\r\n\r\n', status: [400, 505] },
    { name: 'no version', bytes: 'GET /\r\n\r\n', status: 400 },
    { name: 'a bad header', bytes: 'GET / HTTP/1.1\r\nno colon\r\n\r\n', status: 400 },
    { name: 'a header with NUL', bytes: 'GET / HTTP/1.1\r\nA: b\0c\r\n\r\n', status: 400 },
    { name: 'a huge header', bytes: get('/', `A: ${'x'.repeat(100_000)}\r\n`), status: 431 },
    { name: 'many headers', bytes: get('/', 'A: x\r\n'.repeat(5_000)), status: 431 },
    { name: 'a huge target', bytes: get(`/${'x'.repeat(100_000)}`), status: [414, 431] },
    { name: 'a request that never ends', bytes: 'GET / HTTP/1.1\r\nHost: x\r\n', status: undefined },
    { name: 'Transfer-Encoding', status: [400, 411],
      bytes: 'POST /rooms HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n' },
    { name: 'Transfer-Encoding and Content-Length', status: [400, 411],
      bytes: 'POST /rooms HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n'
        + 'Content-Length: 4\r\n\r\n0\r\n\r\n' },
    { name: 'a bad chunk', status: [400, 411],
      bytes: 'POST /rooms HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n' },
    { name: 'two Content-Lengths', status: 400,
      bytes: 'POST /rooms HTTP/1.1\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}x' },
    { name: 'Content-Length -1', status: 400,
      bytes: 'POST /rooms HTTP/1.1\r\nContent-Length: -1\r\n\r\n' },
    { name: 'a body too large', status: 413,
      bytes: 'POST /rooms HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n{' },
    { name: 'a length of 2^64', status: [400, 413],
      bytes: 'POST /rooms HTTP/1.1\r\nContent-Length: 18446744073709551616\r\n\r\n{' },
    ...['{', '[]', '1', '{"files":1}', '{"files":[1]}', '{"files":[{}]}', '{"name":1}', deep,
      '{"files":[{"file":"../x"}]}', '{"files":[{"file":"a"},{"file":"a"}]}',
      '{"files":[{"file":"a","text":"\\ud800"}]}', '{"files":[{"file":"a","text":"\\u0000"}]}',
      `{"name":${number}}`, `{"x":[${number}]`, `{"name":"${'x'.repeat(61)}"}`,
      `{"files":[${'{"file":"a"},'.repeat(300)}{"file":"b"}]}`]
      .map((body) => ({ name: `POST /rooms ${body.slice(0, 30)}`, bytes: rooms(body), status: 400 })),
    ...['', '{', '[]', 'null', '{}', deep, '{"text":"a"}', '{"position":0}', '{"text":1,"position":0}', '{"text":"a","position":2}',
      '{"text":"a","position":-1}', '{"text":"a","position":0.5}', '{"text":"\\ud800","position":0}', '{"text":"a\\u0000","position":0}',
      `{"text":"a","position":${number}}`, '{"text":"a","position":0,"language":7}', `{"room_id":"${room}","position":0}`,
      `{"room_id":"${room}","file":"main.py","position":9999}`, '{"room_id":{},"file":"main.py","position":0}']
      .map((body) => ({ name: `POST /autocomplete ${body.slice(0, 40)}`, bytes: send('POST', '/autocomplete', body), status: 400 })),
    ...['{', '{}', `{"room_id":"${room}"}`, `{"room_id":"${room}","file":"main.py","range":[1,0],"instruction":"x"}`,
      `{"room_id":"${room}","file":"main.py","range":"all","instruction":"x"}`,
      `{"room_id":"${room}","file":"main.py","range":[0,1],"instruction":{}}`]
      .map((body) => ({ name: `POST /refactor ${body.slice(0, 40)}`, bytes: send('POST', '/refactor', body), status: 400 })),
    { name: 'a body of invalid UTF-8', status: 400, bytes: Buffer.concat([
      Buffer.from('POST /rooms HTTP/1.1\r\nConnection: close\r\nContent-Length: 12\r\n\r\n{"name":"'),
      Buffer.from([0xff]), Buffer.from('"}')]) },
    ...['%', '%z1', '%1', '%ff', '%c0%80', '%00'].flatMap((bad) => [
      { name: `a room ${bad}`, bytes: get(`/rooms/${bad}`), status: 400 },
      { name: `a file ${bad}`, bytes: get(`${files}/${bad}`), status: 400 },
      { name: `a static file ${bad}`, bytes: get(`/${bad}`), status: [400, 404] },
    ]),
    ...['/../../etc/passwd', '/..%2f..%2fetc/passwd', '/%2e%2e/%2e%2e/etc/passwd', '//etc/passwd',
      '/assets/../../CMakeLists.txt', '/.git/config', '/assets/..\\..\\x', '/index.html/..']
      .map((path) => ({ name: `GET ${path}`, bytes: get(path), status: [400, 404] })),
    { name: 'a file out of the room', bytes: get(`${files}/..%2F..%2Fetc%2Fpasswd`), status: 404 },
    { name: 'no such room', bytes: get('/rooms/nowhere'), status: 404, has: 'no_such_room' },
    { name: 'no such file', bytes: get(`${files}/none.py`), status: 404, has: 'unknown_file' },
    ...['-1', 'x', '1e3', '', '99999999999999999999', '0x1', '%'].map((rev) => ({
      name: `rev=${rev}`, bytes: get(`${files}/main.py?rev=${rev}`), status: 400 })),
    { name: 'a revision to come', bytes: get(`${files}/main.py?rev=4`), status: 404 },
    { name: 'history from x', bytes: get(`${files}/main.py/history?from=x`), status: 400 },
    { name: 'history backwards', bytes: get(`${files}/main.py/history?from=3&to=1`),
      status: [200, 400] },
    { name: 'history from 2^64-1', status: [200, 400],
      bytes: get(`${files}/main.py/history?from=18446744073709551615`) },
    ...['https://evil.example', 'null', 'http://127.0.0.1', 'http://127.0.0.1.evil.example',
      'http://localhost:1'].flatMap((origin) => [
      { name: `DELETE from ${origin}`, status: 403,
        bytes: send('DELETE', `/rooms/${room}`, '', `Origin: ${origin}\r\n`) },
      { name: `POST from ${origin}`, bytes: send('POST', '/rooms', '{}', `Origin: ${origin}\r\n`),
        status: 403 },
      { name: `WebSocket from ${origin}`, status: 403,
        bytes: upgrade(room, `Origin: ${origin}\r\n`) },
    ]),
    { name: 'PUT of a file', bytes: send('PUT', `${files}/main.py`, 'x'), status: [404, 405] },
    { name: 'POST of a page', bytes: send('POST', '/', 'x'), status: [404, 405] },
    { name: 'an unknown method', bytes: send('BREW', '/rooms', ''), status: [400, 404, 405, 501] },
    { name: 'a WebSocket path without upgrade', bytes: get(`/ws/${room}`), status: 426 },
    { name: 'an upgrade of a page', status: [200, 400, 403, 404],
      bytes: get('/', 'Upgrade: websocket\r\nConnection: Upgrade\r\n') },
  ];
}
