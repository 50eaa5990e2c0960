// A client on the state machine of the browser's library (web/src/client), with
// the least of a connection around it. To the tests it looks like ProtocolClient.

import { digestOf } from './protocol_client.mjs';
import { importFromWeb, WebSocket } from './web_modules.mjs';

const reconnectMs = 20;
const limits = { insertedChars: 100_000, jsonBytes: 400_000 };

let library;
let clientsMade = 0;

/** Loads the library; false if web/src/client is not there. */
export async function loadLibrary() {
  library ??= await importFromWeb(['client/file-sync', 'client/text-op']);
  return library !== undefined;
}

export class LibraryClient {
  files = new Map();
  acked = [];
  closes = [];
  errors = [];
  counts = { composed: 0, rebase: 0, duplicate: 0, connects: 0, check: 0, rate_limited: 0,
    unavailable: 0, resent: 0 };
  #seq = 0;
  #socket;
  #ended = false;
  #sent = new Map();

  /** REQUIRES: loadLibrary() gave true. */
  constructor({ url, room, files = [], name = 'library', duplicates = () => false }) {
    this.id = `library-${process.pid}-${++clientsMade}-${Math.random().toString(36).slice(2)}`;
    Object.assign(this, { url, room, name, duplicates });
    for (const file of files)
      this.files.set(file, new library.FileSync(() => ++this.#seq, () => limits));
  }

  get digest() {
    return digestOf(this.id);
  }

  connect() {
    const url = `${this.url().replace('http', 'ws')}/ws/${this.room}`;
    const socket = new WebSocket(url, 'tandem.v1', { perMessageDeflate: false });
    this.#socket = socket;
    this.counts.connects++;
    socket.on('open', () => {
      const open = [...this.files].map(([file, sync]) => ({ file, ...sync.openRequest() }));
      this.#send({ type: 'hello', client: this.id, name: this.name, open });
    });
    socket.on('message', (data) => this.#socket === socket && this.#heard(JSON.parse(data)));
    socket.on('error', () => {});
    socket.on('close', (code) => {
      this.closes.push({ code, at: Date.now() });
      this.#lost();
    });
    return this;
  }

  #lost() {
    this.#socket = undefined;
    for (const sync of this.files.values()) sync.connectionLost();
    if (!this.#ended) setTimeout(() => !this.#ended && this.connect(), reconnectMs);
  }

  #send(message) {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  drop() {
    this.#socket?.terminate();
  }

  end() {
    this.#ended = true;
    this.#socket?.terminate();
  }

  // --- edits ------------------------------------------------------------------

  text(name) {
    return this.files.get(name).localText;
  }

  length(name) {
    return Array.from(this.text(name)).length;
  }

  isReady(name) {
    return this.files.get(name).phase === 'live';
  }

  isSettled(name) {
    return this.files.get(name).isSynchronised;
  }

  edit(name, op) {
    const sync = this.files.get(name);
    this.#do(name, sync, sync.localEdit(library.parseOp(op)));
  }

  get lastSeq() {
    return this.#seq;
  }

  sentOp(seq) {
    return this.#sent.get(seq);
  }

  /** Where it stands, for a message about a client that does not settle. */
  state(name) {
    const { phase, rev, pendingEdits, awaitsAnswer, inFlightSeq } = this.files.get(name);
    return { phase, rev, pendingEdits, awaitsAnswer, inFlightSeq };
  }

  // --- the library's effects ----------------------------------------------------

  #do(name, sync, effects) {
    for (const effect of effects) {
      switch (effect.do) {
        case 'send': this.#sendEdit(name, effect); break;
        case 'open': this.#send({ type: 'open', file: name, ...sync.openRequest() }); break;
        case 'retry':
          setTimeout(() => this.#do(name, sync, sync.retry()), effect.afterMs);
          break;
        case 'diverged': {
          const { rev, length, crc32 } = effect;
          this.errors.push({ why: 'diverged', rev, length, crc32 });
          this.#send({ type: 'diverged', file: name, rev, length, crc32 });
          break;
        }
        case 'conflict': case 'gone': this.errors.push({ why: effect.do, effect }); break;
      }
    }
  }

  #sendEdit(name, { seq, rev, op }) {
    const wire = op.toJSON();
    if (this.#sent.has(seq)) this.counts.resent++;
    this.#sent.set(seq, wire);
    const times = this.duplicates() ? 2 : 1;
    this.counts.duplicate += times - 1;
    for (let i = 0; i < times; i++) this.#send({ type: 'op', file: name, rev, seq, op: wire });
  }

  #heard(message) {
    const sync = this.files.get(message.file);
    if (message.type === 'error' && message.code in this.counts) this.counts[message.code]++;
    if (!sync) return;
    this.#do(message.file, sync, this.#effectsOf(message, sync));
  }

  #effectsOf(message, sync) {
    const { type, rev } = message;
    switch (type) {
      case 'opened':
        return message.text === undefined
          ? sync.openedFrom(message.from, rev) : sync.openedWithText(rev, message.text);
      case 'op': {
        const from = message.from ?? rev - 1;
        if (rev - from > 1) this.counts.composed++;
        return sync.serverOp({ rev, from, op: library.parseOp(message.op), by: message.by });
      }
      case 'ack':
        if (sync.inFlightSeq === message.seq)
          this.acked.push({ file: message.file, seq: message.seq, rev, at: performance.now() });
        return sync.ack(message.seq, rev);
      case 'check':
        this.counts.check++;
        return sync.check(message);
      case 'error':
        if (!['rebase', 'rate_limited', 'unavailable'].includes(message.code))
          this.errors.push({ why: 'an error', message });
        return sync.failed(message.code, message.seq, message.retry_ms);
      default: return [];
    }
  }
}
