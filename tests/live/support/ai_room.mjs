// What the tests of the AI stand on: a server that asks a model of the test's own
// (model_server.mjs), people with a file open who ask, and ears that keep all that
// was said to this process, for what must not be in it.

import { Person } from './accounts.mjs';
import { ModelServer } from './model_server.mjs';
import { Server } from './server.mjs';
import { check, until } from './suite.mjs';
import { apply, points } from './text_op.mjs';

/** Random, so that no part of it stands in any text by chance. */
export const modelKey = 'sk-Zq7Wm2Rk9Tb4Xn8Vc3Ld6Yh1Gf5Ps0Aj';
const keyPieceChars = 8;

export const modelName = 'scripted-model';

/** A server's settings for it to ask `url`. Rooms are `on`, and nothing is tried twice. */
export const askingModel = (url, more = {}) => ({
  TANDEM_AI_PROVIDER: 'openai', TANDEM_AI_URL: url, TANDEM_AI_MODEL: modelName, TANDEM_AI_KEY: modelKey,
  TANDEM_AI_ROOM_DEFAULT: 'on', TANDEM_AI_COMPLETION_STYLE: 'suffix', TANDEM_AI_RETRIES: '0', ...more,
});

// ---- ears -----------------------------------------------------------------------

const said = [];
const lines = [];
const servers = [];

const plainFetch = globalThis.fetch;
globalThis.fetch = async (...asked) => {
  const answer = await plainFetch(...asked);
  said.push([...answer.headers].join('\n'));
  const decoder = new TextDecoder();
  const keep = async () => {
    for await (const part of answer.clone().body ?? []) said.push(decoder.decode(part, { stream: true }));
  };
  keep().catch(() => {}); // broken off by who asked
  return answer;
};

const plainConnect = Person.prototype.connect;
Person.prototype.connect = function connect(...how) {
  const line = plainConnect.apply(this, how);
  lines.push(line);
  return line;
};

/** All HTTP answers, frames and logs so far, in one text. */
export const everythingHeard = () => [
  ...said, ...lines.flatMap((line) => line.heard.map((message) => JSON.stringify(message))),
  ...servers.map((server) => server.log),
].join('\n');

function forgetAll() {
  for (const kept of [said, lines, servers]) kept.length = 0;
}

/** Throws if the key, or a piece of it, has been heard. */
export function checkKeyIsSecret(heard = everythingHeard()) {
  for (let at = 0; at + keyPieceChars <= modelKey.length; at++) {
    const found = heard.indexOf(modelKey.slice(at, at + keyPieceChars));
    check(found < 0, () => `a piece of the key was heard: ${heard.slice(Math.max(0, found - 100), found + keyPieceChars)}`);
  }
}

// ---- a server with a model ------------------------------------------------------

/** Runs `body({ server, models })`; afterwards nobody has heard the key. */
export async function withModel(settings, body) {
  forgetAll();
  const models = await ModelServer.start();
  const server = await Server.start(askingModel(models.url, settings));
  servers.push(server);
  try {
    const note = await body({ server, models });
    checkKeyIsSecret();
    return note;
  } catch (error) {
    if (server.log) console.log(`      the end of the server's log:\n${server.log.slice(-800)}`);
    throw error;
  } finally {
    await server.dispose();
    await models.end();
  }
}

/** Forgets what was heard before; from here on its log is heard, too. */
export function listenTo(server) {
  forgetAll();
  servers.push(server);
}

// ---- somebody who asks ----------------------------------------------------------

export const isLast = (message) =>
  message.type === 'error' || message.type === 'proposal' || (message.type === 'completion' && !message.more);

let seats = 0;

/** Somebody in a room, with one file open. Of the text it knows what the server has said and acknowledged. */
export class Seat {
  #asks = 0;
  #seq = 0;
  #read = 0;
  #sent = new Map();
  rev = 0;
  text = [];

  static async take(person, room, file, hello = {}) {
    const seat = new Seat();
    Object.assign(seat, { room, file });
    seat.line = person.connect(room, {
      client: `seat-${process.pid}-${++seats}`, hello: { name: `Seat ${seats}`, open: [{ file }], ...hello },
    });
    await until('the file is open and the AI known', () => seat.line.find('opened') && seat.line.find('ai'));
    return seat.read();
  }

  /** Takes in what was said since: the revision and the text. */
  read() {
    for (; this.#read < this.line.heard.length; this.#read++) {
      const message = this.line.heard[this.#read];
      if (message.file !== this.file) continue;
      if (message.type === 'opened') this.text = points(message.text);
      else if (message.type === 'op') apply(this.text, message.op);
      else if (message.type === 'ack') apply(this.text, this.#sent.get(message.seq));
      else continue;
      this.rev = message.rev;
    }
    return this;
  }

  get ai() {
    return this.line.heard.filter((message) => message.type === 'ai').at(-1);
  }

  /** Asks, and gives its number. */
  ask(message) {
    this.line.send({ file: this.file, rev: this.read().rev, ...message, ask: ++this.#asks });
    return this.#asks;
  }

  complete(position, more = {}) {
    return this.ask({ type: 'complete', position, ...more });
  }

  refactor(range, instruction, more = {}) {
    return this.ask({ type: 'refactor', range, instruction, ...more });
  }

  cancel(ask) {
    this.line.send({ type: 'cancel', ask });
  }

  said(ask) {
    return this.line.heard.filter((message) => message.ask === ask);
  }

  /** Its last word. */
  answer(ask, deadlineMs = 10_000) {
    return until(() => `an answer to ${ask}: ${JSON.stringify(this.line.heard.slice(-3))} ${this.line.closed?.code ?? ''}`,
      () => this.said(ask).find(isLast), deadlineMs);
  }

  /** Edits, on the text as it is; the revision, or the error. */
  async edit(op, more = {}) {
    const seq = ++this.#seq;
    this.#sent.set(seq, op);
    this.line.send({ type: 'op', file: this.file, rev: this.read().rev, seq, op, ...more });
    const answer = await until('an answer to the edit',
      () => this.line.heard.find((one) => ['ack', 'error'].includes(one.type) && one.seq === seq));
    this.read();
    return answer;
  }

  say(text, id) {
    this.line.send({ type: 'chat', id, text });
  }

  /** The assistant's messages. */
  get assistant() {
    return this.line.heard.filter((message) => message.type === 'chat' && message.name === 'Assistant');
  }

  end() {
    this.line.end();
  }
}

// ---- over HTTP ------------------------------------------------------------------

/** An answer that comes as events: `[{ event, data }]`. */
export async function eventsOf(answer) {
  const text = await answer.text();
  return text.split('\n\n').filter(Boolean).map((block) => {
    const field = (name) => block.split('\n').filter((one) => one.startsWith(`${name}: `))
      .map((one) => one.slice(name.length + 2)).join('\n');
    return { event: field('event'), data: JSON.parse(field('data')) };
  });
}

export const post = (server, route, body, headers = {}, signal = undefined) =>
  fetch(server.url + route, { method: 'POST', headers, body: JSON.stringify(body), signal });
