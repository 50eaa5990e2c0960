// A server that speaks OpenAI's API as far as tandem asks it (`/v1/chat/completions`
// and `/v1/completions`, whole or as server-sent events), and does what a test wants:
// well or badly. On loopback, in the test's own process; it needs nothing but Node.
//
//   const models = await ModelServer.start();
//   models.url                                     'http://127.0.0.1:PORT/v1'
//   models.answers(says('return 1'));              everybody, from here on
//   models.next(fails(500), stalls());             the next two requests first, one each
//   models.requests                                [{ path, headers, body, … }], see `Asked`
//   await models.end();
//
// What is done with a request is an act: a function of an `Exchange`. Those that tests
// need are below; of others a test makes its own:
//
//   models.answers((exchange) => (exchange.asked.isChat ? says('hi') : fails(500))(exchange));
//   models.answers(async (exchange) => {
//     exchange.begin();
//     await exchange.piece('first');
//     await exchange.wait(500);                    ends at once when the client has gone
//     await exchange.piece(' second');
//     exchange.finish();
//   });

import http from 'node:http';
import { atEnd, sleep } from './suite.mjs';

const pieceCharsDefault = 8;

// ---- acts -----------------------------------------------------------------------

/** The text, piece by piece if it was asked for so: the first after `firstMs`, each other `everyMs` later. */
export const says = (text, { firstMs = 0, everyMs = 0, pieceChars = pieceCharsDefault } = {}) =>
  async (exchange) => {
    await exchange.wait(firstMs);
    exchange.begin();
    const points = [...text];
    for (let at = 0; at < points.length && !exchange.isGone; at += pieceChars) {
      if (at > 0) await exchange.wait(everyMs);
      await exchange.piece(points.slice(at, at + pieceChars).join(''));
    }
    exchange.finish();
  };

/** The same to everybody: `texts` in turn, the last again and again. */
export const saysInTurn = (...texts) => (exchange) =>
  says(texts.length > 1 ? texts.shift() : texts[0])(exchange);

/** An error as the API tells it. `retryAfter`: its header, in seconds or as it is given. */
export const fails = (status, { retryAfter, message = 'no', type = 'test_error', body } = {}) =>
  async (exchange) => exchange.respond(status,
    retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) },
    body ?? JSON.stringify({ error: { message, type, code: null } }));

/** Nothing for so long (for ever, if not said), then `then`. The headers have gone out if `isBegun`, and `text`. */
export const stalls = ({ ms = Infinity, isBegun = false, text = '', then = says('late') } = {}) =>
  async (exchange) => {
    if (isBegun || text) exchange.begin();
    if (text) await exchange.piece(text);
    await exchange.wait(ms);
    if (!exchange.isGone) await then(exchange);
  };

/** Pieces without end, as fast as they are taken, up to `bytes`. */
export const floods = ({ bytes = 1 << 30, piece = 'x'.repeat(16_384) } = {}) => async (exchange) => {
  exchange.begin();
  for (let sent = 0; sent < bytes && !exchange.isGone; sent += piece.length) await exchange.piece(piece);
  exchange.finish();
};

/** 200 and a body that is none: as it is given. */
export const sends = (body, type = 'application/json') =>
  async (exchange) => exchange.respond(200, { 'content-type': type }, body);

/** Bytes in place of an HTTP answer, and then the end. */
export const sendsBytes = (bytes) => async (exchange) => {
  exchange.bytes(bytes);
  exchange.cut();
};

/** The connection is closed in the middle: after `text`, which may be nothing. */
export const breaksOff = (text = '') => async (exchange) => {
  exchange.begin();
  if (text) await exchange.piece(text);
  await exchange.flushed();
  exchange.cut();
};

/** Says with a FIN that nothing more will come, and leaves the connection open; `text` came before. */
export const halfCloses = (text = '') => async (exchange) => {
  if (text) {
    exchange.begin();
    await exchange.piece(text);
    await exchange.flushed();
  }
  exchange.halfClose();
};

// ---- the server -----------------------------------------------------------------

/**
 * One request, for a test to look at.
 * `ended`: undefined while it is under way; 'answered'; 'client' (it closed before the
 * answer's end); 'server' (this side broke off).
 */
class Asked {
  ended = undefined;
  endedAt = undefined;

  constructor(request, text) {
    this.at = performance.now();
    this.method = request.method;
    this.path = request.url;
    this.headers = request.headers;
    this.text = text;
    try {
      this.body = JSON.parse(text);
    } catch {
      this.body = undefined;
    }
  }

  get isChat() {
    return this.path.endsWith('/chat/completions');
  }

  get isStreamed() {
    return this.body?.stream === true;
  }

  /** All that it says, in one text. */
  get said() {
    const { messages = [], prompt = '', suffix = '' } = this.body ?? {};
    return [...messages.map((one) => (typeof one.content === 'string' ? one.content : JSON.stringify(one.content))),
      prompt, suffix].join('\n');
  }
}

/** The answer to one request, in steps. After the client has gone they do nothing. */
class Exchange {
  #response;
  #pieces = [];
  #isBegun = false;
  #gone;

  constructor(asked, response) {
    this.asked = asked;
    this.#response = response;
    this.#gone = new Promise((done) => response.once('close', done));
    response.on('error', () => {});
    response.once('close', () => {
      asked.ended ??= response.writableFinished ? 'answered' : 'client';
      asked.endedAt = performance.now();
    });
  }

  get isGone() {
    return this.asked.ended !== undefined;
  }

  /** The headers of a good answer; once. */
  begin() {
    if (this.#isBegun || this.isGone) return;
    this.#isBegun = true;
    this.#response.writeHead(200, {
      'content-type': this.asked.isStreamed ? 'text/event-stream' : 'application/json',
    });
    if (this.asked.isStreamed) this.#response.flushHeaders();
  }

  /** The next part of the answer; when it is taken, or the client has gone. */
  async piece(text) {
    this.#pieces.push(text);
    if (this.asked.isStreamed) await this.event(JSON.stringify(this.#chunk(text, null)));
  }

  /** Any event. */
  async event(data) {
    if (this.isGone) return;
    if (!this.#response.write(`data: ${data}\n\n`))
      await Promise.race([new Promise((done) => this.#response.once('drain', done)), this.#gone]);
  }

  finish() {
    if (this.isGone) return;
    if (!this.asked.isStreamed) return void this.#response.end(JSON.stringify(this.#whole()));
    this.#response.write(`data: ${JSON.stringify(this.#chunk('', 'stop'))}\n\n`);
    this.#response.end('data: [DONE]\n\n');
  }

  /** A whole answer, of whatever kind. */
  respond(status, headers, body) {
    if (this.isGone) return;
    this.#response.writeHead(status, { 'content-type': 'application/json', ...headers });
    this.#response.end(body);
  }

  bytes(bytes) {
    this.#response.socket?.write(bytes);
  }

  /** Until what was said is on its way, or the client has gone. */
  async flushed() {
    while (!this.isGone && this.#response.socket?.writableLength > 0) await sleep(1);
  }

  cut() {
    this.asked.ended ??= 'server';
    const { socket } = this.#response;
    socket?.end(() => socket.destroy());
  }

  halfClose() {
    this.#response.socket?.end();
  }

  /** So long, or until the client has gone. */
  wait(ms) {
    if (ms === 0 || this.isGone) return undefined;
    let timer;
    const slept = new Promise((done) => {
      if (ms !== Infinity) timer = setTimeout(done, ms);
    });
    return Promise.race([slept, this.#gone]).finally(() => clearTimeout(timer));
  }

  #chunk(text, reason) {
    return this.asked.isChat
      ? { object: 'chat.completion.chunk', choices: [{ index: 0, delta: text ? { content: text } : {}, finish_reason: reason }] }
      : { object: 'text_completion', choices: [{ index: 0, text, finish_reason: reason }] };
  }

  #whole() {
    const text = this.#pieces.join('');
    return this.asked.isChat
      ? { object: 'chat.completion', choices: [{ index: 0, message: { role: 'assistant', content: text }, finish_reason: 'stop' }] }
      : { object: 'text_completion', choices: [{ index: 0, text, finish_reason: 'stop' }] };
  }
}

export class ModelServer {
  requests = [];
  #act = says('');
  #next = [];
  #server;
  #sockets = new Set();
  #forget;

  static async start() {
    const models = new ModelServer();
    models.#server = http.createServer((request, response) => models.#ask(request, response));
    models.#server.on('connection', (socket) => {
      models.#sockets.add(socket);
      socket.on('error', () => {});
      socket.once('close', () => models.#sockets.delete(socket));
    });
    await new Promise((done) => models.#server.listen(0, '127.0.0.1', done));
    models.#forget = atEnd(() => models.dropAll());
    return models;
  }

  get host() {
    return `127.0.0.1:${this.#server.address().port}`;
  }

  get url() {
    return `http://${this.host}/v1`;
  }

  /** What everybody gets from here on. */
  answers(act) {
    this.#act = act;
  }

  /** What the next requests get, one each, before that. */
  next(...acts) {
    this.#next.push(...acts);
  }

  get underWay() {
    return this.requests.filter((asked) => asked.ended === undefined);
  }

  get connections() {
    return this.#sockets.size;
  }

  /** Forgets what was asked, and what the next were to get. */
  reset(act = says('')) {
    this.requests.length = 0;
    this.#next.length = 0;
    this.#act = act;
  }

  /** Closes all connections, whatever is under way. */
  dropAll() {
    for (const socket of this.#sockets) socket.destroy();
  }

  async end() {
    this.dropAll();
    this.#forget();
    await new Promise((done) => this.#server.close(done));
  }

  async #ask(request, response) {
    const parts = [];
    try {
      for await (const part of request) parts.push(part);
    } catch {
      return; // gone while it asked
    }
    const asked = new Asked(request, Buffer.concat(parts).toString('utf8'));
    this.requests.push(asked);
    const exchange = new Exchange(asked, response);
    const isKnown = request.method === 'POST' && /^\/v1\/(chat\/)?completions$/.test(asked.path);
    if (!isKnown || asked.body === undefined)
      return exchange.respond(isKnown ? 400 : 404, {}, '{"error":{"message":"no such route"}}');
    await (this.#next.shift() ?? this.#act)(exchange);
  }
}
