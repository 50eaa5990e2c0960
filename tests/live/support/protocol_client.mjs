// A client of the protocol, written from docs/protocol.md alone and sharing no
// code with web/: two implementations meet the server. It follows files, edits
// them, reconnects by itself, and writes down everything that it was told.
//
// Of a file it keeps the server's text and the local one:
//   local = server ∘ inFlight ∘ buffer
// `acked` has every edit acknowledged ({ file, seq, rev, at }), `errors` what was not
// expected; both are what the tests look at.

import { createHash } from 'node:crypto';
import { crc32 } from './crc32.mjs';
import { apply, compose, isCanonical, points, transform } from './text_op.mjs';
import { WebSocket } from './web_modules.mjs';

const reconnectMs = 20;
const retryDefaultMs = 200;

export const digestOf = (client) =>
  createHash('sha256').update(client).digest('hex').slice(0, 32);

let clientsMade = 0;

export class ProtocolClient {
  files = new Map();
  acked = [];
  errors = [];
  closes = [];
  chat = [];
  peers = new Map();
  counts = { composed: 0, rebase: 0, duplicate: 0, connects: 0, check: 0, rate_limited: 0,
    unavailable: 0, resent: 0, cursor: 0 };
  welcomed = false;
  #seq = 0;
  #socket;
  #ended = false;
  #sent = new Map();

  /** `url()` is asked at every connect; `duplicates()` whether to send an edit twice. */
  constructor({ url, room, files = [], name = 'live', client, duplicates = () => false }) {
    this.id = client ?? `live-${process.pid}-${++clientsMade}-${Math.random().toString(36).slice(2)}`;
    Object.assign(this, { url, room, name, duplicates });
    for (const file of files) this.files.set(file, newFile());
  }

  get digest() {
    return digestOf(this.id);
  }

  // --- the connection ---------------------------------------------------------

  connect() {
    const url = `${this.url().replace('http', 'ws')}/ws/${this.room}`;
    const socket = new WebSocket(url, 'tandem.v1', { perMessageDeflate: false });
    this.#socket = socket;
    this.counts.connects++;
    socket.on('open', () => this.#hello());
    socket.on('message', (data) => this.#socket === socket && this.#heard(JSON.parse(data)));
    socket.on('error', () => {});
    socket.on('close', (code, reason) => {
      this.closes.push({ code, reason: String(reason), at: Date.now() });
      if (this.#socket === socket) this.#lost();
    });
    return this;
  }

  #lost() {
    this.#socket = undefined;
    this.welcomed = false;
    for (const file of this.files.values()) {
      file.live = file.opened = false;
      file.sentBase = file.sent = file.echo = undefined;
      clearTimeout(file.retry);
    }
    if (!this.#ended) setTimeout(() => !this.#ended && !this.#socket && this.connect(), reconnectMs);
  }

  #hello() {
    const open = [...this.files].map(([file, state]) => openRequest(file, state));
    this.send({ type: 'hello', client: this.id, name: this.name, open });
  }

  send(message) {
    const socket = this.#socket;
    if (socket?.readyState !== WebSocket.OPEN) return;
    socket.send(JSON.stringify(message));
  }

  /** Drops the connection without a word; the client comes back by itself. */
  drop() {
    this.#socket?.terminate();
  }

  /** Stops reading, or goes on. */
  pause() {
    this.#socket?._socket?.pause();
  }

  resume() {
    this.#socket?._socket?.resume();
  }

  end() {
    this.#ended = true;
    for (const file of this.files.values()) clearTimeout(file.retry);
    this.#socket?.terminate();
  }

  // --- edits ------------------------------------------------------------------

  text(name) {
    return this.files.get(name).local.join('');
  }

  length(name) {
    return this.files.get(name).local.length;
  }

  isReady(name) {
    return this.files.get(name).live;
  }

  isSettled(name) {
    const file = this.files.get(name);
    return file.live && !file.inFlight && !file.buffer;
  }

  /** Edits the local text and sends what may be sent. */
  edit(name, op) {
    const file = this.files.get(name);
    apply(file.local, op);
    file.buffer = file.buffer ? compose(file.buffer, op) : op;
    this.#sendNext(name, file);
  }

  #sendNext(name, file) {
    if (!file.inFlight && file.buffer) {
      if (file.buffer.length > 0) file.inFlight = { seq: ++this.#seq, op: file.buffer };
      file.buffer = undefined;
    }
    if (!file.inFlight || !file.live || file.sentBase !== undefined || file.mustWait
      || file.echo) return;
    const { seq, op } = file.inFlight;
    file.sentBase = file.rev;
    if (this.#sent.has(seq)) this.counts.resent++;
    this.#sent.set(seq, op);
    const times = this.duplicates() ? 2 : 1;
    this.counts.duplicate += times - 1;
    file.sent = { type: 'op', file: name, rev: file.rev, seq, op };
    for (let i = 0; i < times; i++) this.send(file.sent);
  }

  /** Sends the last edit once more, long answered; the next waits until that is, too. */
  #echo(file) {
    file.echo = file.sent.seq;
    this.counts.duplicate++;
    this.send(file.sent);
  }

  #echoAnswered(name, file) {
    file.echo = undefined;
    this.#sendNext(name, file);
  }

  /** Where it stands, for a message about a client that does not settle. */
  state(name) {
    const { rev, live, opened, target, sentBase, inFlight, waitsForOp, mustWait } =
      this.files.get(name);
    return { rev, live, opened, target, sentBase, seq: inFlight?.seq, waitsForOp, mustWait };
  }

  /** A selection in the server's text. */
  select(name, anchor, head) {
    const { rev } = this.files.get(name);
    this.send({ type: 'cursor', file: name, rev, ranges: [[anchor, head]] });
  }

  /** Of the last edit so far. */
  get lastSeq() {
    return this.#seq;
  }

  /** What an edit that was acknowledged was when it was last sent. */
  sentOp(seq) {
    return this.#sent.get(seq);
  }

  #sendAgainIn(name, file, ms) {
    file.mustWait = true;
    clearTimeout(file.retry);
    file.retry = setTimeout(() => {
      file.mustWait = false;
      file.sentBase = undefined;
      this.#sendNext(name, file);
    }, ms);
  }

  // --- what the server says ---------------------------------------------------

  #heard(message) {
    const file = message.file === undefined ? undefined : this.files.get(message.file);
    switch (message.type) {
      case 'welcome':
        this.welcomed = true;
        this.welcome = message;
        return this.peers = new Map(message.peers.map((peer) => [peer.site, peer]));
      case 'opened': return this.#opened(message, file);
      case 'op': return this.#op(message, file);
      case 'ack': return this.#ack(message, file);
      case 'check': return this.#check(message, file);
      case 'error': return this.#error(message, file);
      case 'cursor': return this.#cursor(message, file);
      case 'join': return this.peers.set(message.site, message);
      case 'leave': return this.peers.delete(message.site);
      case 'chat': return this.chat.push(message);
    }
  }

  #opened(message, file) {
    file.mustWait = false;
    file.sentBase = undefined;
    file.opened = true;
    file.target = message.rev;
    if (message.text !== undefined) {
      if (file.inFlight || file.buffer) this.errors.push({ why: 'text for a pending edit', message });
      file.server = points(message.text);
      file.local = [...file.server];
      file.rev = message.rev;
    } else if (message.from !== file.rev) {
      this.errors.push({ why: `opened from ${message.from}, not ${file.rev}`, message });
    }
    this.#arrived(message.file, file);
  }

  #arrived(name, file) {
    file.live = file.opened && file.rev >= file.target;
    this.#sendNext(name, file);
  }

  #op(message, file) {
    const from = message.from ?? message.rev - 1;
    if (!file.opened || from !== file.rev)
      return this.errors.push({ why: `an op from ${from} at ${file.rev}`, message });
    if (!isCanonical(message.op)) this.errors.push({ why: 'not canonical', message });
    if (message.rev - from > 1) this.counts.composed++;
    let { op } = message;
    apply(file.server, op);
    const carry = (mine) => {
      const carried = transform(mine, op, 'left');
      op = transform(op, mine, 'right');
      return carried;
    };
    if (file.inFlight) file.inFlight.op = carry(file.inFlight.op);
    if (file.buffer) file.buffer = carry(file.buffer);
    apply(file.local, op);
    file.rev = message.rev;
    this.onOp?.(message);
    if (file.waitsForOp) {
      file.waitsForOp = false;
      file.sentBase = undefined;
    }
    this.#arrived(message.file, file);
  }

  #ack(message, file) {
    if (file.inFlight?.seq !== message.seq) {
      const known = this.acked.find((ack) => ack.seq === message.seq);
      if (known?.rev !== message.rev) this.errors.push({ why: 'an ack for nothing', message });
      if (file.echo === message.seq) this.#echoAnswered(message.file, file);
      return;
    }
    if (message.rev !== file.rev + 1)
      return this.errors.push({ why: `an ack out of order at ${file.rev}`, message });
    apply(file.server, file.inFlight.op);
    this.acked.push({ file: message.file, seq: message.seq, rev: message.rev, at: performance.now() });
    file.inFlight = undefined;
    file.sentBase = undefined;
    file.waitsForOp = false;
    file.rev = message.rev;
    if (file.sent?.seq === message.seq && this.duplicates()) this.#echo(file);
    this.#arrived(message.file, file);
  }

  #check(message, file) {
    this.counts.check++;
    const text = file.server.join('');
    const mine = { rev: file.rev, length: file.server.length, crc32: crc32(text) };
    if (mine.rev === message.rev && mine.length === message.length && mine.crc32 === message.crc32)
      return;
    this.errors.push({ why: 'diverged', message, mine });
    this.send({ type: 'diverged', file: message.file, ...mine });
  }

  #cursor({ site, rev, ranges }, file) {
    this.counts.cursor++;
    const farthest = Math.max(0, ...ranges.flat());
    if (rev === file.rev && farthest > file.server.length)
      this.errors.push({ why: `a cursor at ${farthest} of ${file.server.length}`, site, rev });
  }

  #error(message, file) {
    if (message.code === 'stale' && !('seq' in message)) return; // a cursor from before a reconnect
    const mine = file?.inFlight && message.seq === file.inFlight.seq;
    if (message.code in this.counts) this.counts[message.code]++;
    if (message.code === 'rebase' && file?.echo === message.seq && !mine)
      return this.#echoAnswered(message.file, file);
    if (message.code === 'rebase' && mine) {
      file.waitsForOp = file.sentBase === file.rev;
      if (file.waitsForOp) return;
      file.sentBase = undefined;
      return this.#sendNext(message.file, file);
    }
    if (['rate_limited', 'unavailable'].includes(message.code)) {
      this.onWait?.(message);
      if (mine) this.#sendAgainIn(message.file, file, message.retry_ms ?? retryDefaultMs);
      return;
    }
    this.errors.push({ why: 'an error', message });
    this.onError?.(message, file);
  }
}

function newFile() {
  return { rev: undefined, server: [], local: [], live: false, opened: false, target: 0 };
}

function openRequest(file, { rev, inFlight }) {
  return {
    file,
    ...(rev === undefined ? {} : { rev }),
    ...(inFlight ? { seq: inFlight.seq } : {}),
  };
}
