// Frames and requests that no library would send, and what comes back.

import { randomBytes } from 'node:crypto';
import net from 'node:net';

import { patience } from './suite.mjs';
import { WebSocket } from './web_modules.mjs';

const answerDeadlineMs = 8_000 * patience;

/**
 * Sends bytes to the server as they are, `afterwards` when it has answered the
 * first; resolves with all that it says until it closes, or `until` is true of that,
 * or too long.
 */
export function rawExchange(port, bytes, { afterwards, until } = {}) {
  return new Promise((done) => {
    const socket = net.connect(port, '127.0.0.1', () => socket.write(bytes));
    let answer = Buffer.alloc(0);
    const finish = () => {
      clearTimeout(timer);
      socket.destroy();
      done(answer);
    };
    const timer = setTimeout(finish, answerDeadlineMs);
    socket.on('data', (data) => {
      const isFirst = answer.length === 0;
      answer = Buffer.concat([answer, data]);
      if (isFirst && afterwards) socket.write(afterwards);
      if (until?.(answer)) finish();
    });
    socket.on('error', finish);
    socket.on('close', finish);
  });
}

/** The status of an HTTP answer, undefined if it is none. */
export function statusOf(answer) {
  const found = /^HTTP\/1\.\d (\d+)/.exec(answer.toString('latin1'));
  return found ? Number(found[1]) : undefined;
}

/** A masked frame with any first byte; `claimed` replaces its true length. */
export function frame(firstByte, payload, { claimed = payload.length, masked = true } = {}) {
  const maskBit = masked ? 0x80 : 0;
  const head = Buffer.alloc(14);
  head[0] = firstByte;
  let size = 2;
  if (claimed < 126) {
    head[1] = maskBit | claimed;
  } else if (claimed < 65_536) {
    head[1] = maskBit | 126;
    head.writeUInt16BE(claimed, 2);
    size = 4;
  } else {
    head[1] = maskBit | 127;
    head.writeBigUInt64BE(BigInt(claimed), 2);
    size = 10;
  }
  // A mask of zeroes leaves the payload as it is.
  return Buffer.concat([head.subarray(0, size + (masked ? 4 : 0)), payload]);
}

export const upgrade = (room, headers = '') =>
  `GET /ws/${room} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n`
  + `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}\r\n`
  + `Sec-WebSocket-Version: 13\r\n${headers}\r\n`;

/** The close code of the first close frame in what a server said, undefined if none. */
export function closeCodeIn(answer) {
  let at = answer.indexOf('\r\n\r\n') + 4;
  while (at + 2 <= answer.length) {
    const opcode = answer[at] & 15;
    let length = answer[at + 1] & 127;
    let begin = at + 2;
    if (length === 126) {
      length = answer.readUInt16BE(begin);
      begin += 2;
    } else if (length === 127) {
      length = Number(answer.readBigUInt64BE(begin));
      begin += 8;
    }
    if (opcode === 8) return length >= 2 ? answer.readUInt16BE(begin) : 1005;
    at = begin + length;
  }
  return undefined;
}

/** A WebSocket that says what it is told to and remembers what it hears. */
export class RawSocket {
  heard = [];
  closed; // its code, once it is

  static async open(url) {
    const raw = new RawSocket();
    raw.socket = new WebSocket(url, { perMessageDeflate: false });
    raw.socket.on('message', (data) => raw.heard.push(JSON.parse(data)));
    raw.socket.on('close', (code) => {
      raw.closed = code;
    });
    await new Promise((done, fail) => {
      raw.socket.on('open', done);
      raw.socket.on('error', fail);
    });
    raw.socket.on('error', () => {});
    return raw;
  }

  /** A string or bytes, as a text frame; anything else as JSON. */
  send(what) {
    const isReady = typeof what === 'string' || Buffer.isBuffer(what);
    this.socket.send(isReady ? what : JSON.stringify(what), { binary: false });
  }

  /** The first message of a type since the last look. */
  take(type) {
    const at = this.heard.findIndex((message) => message.type === type);
    return at < 0 ? undefined : this.heard.splice(0, at + 1).pop();
  }

  end() {
    this.socket.terminate();
  }
}
