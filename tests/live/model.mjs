// The model's client (net/openai_model) against a server that speaks OpenAI's API
// and was not written here, and for what that does not know against the tests' own;
// by a small program, without a room around it.

import { spawn } from 'node:child_process';
import path from 'node:path';

import { ModelMock } from './support/model_mock.mjs';
import { breaksOff, halfCloses, ModelServer, says, stalls } from './support/model_server.mjs';
import { binary } from './support/server.mjs';
import { check, same, suite, until } from './support/suite.mjs';

const program = path.join(path.dirname(binary), 'ask_model');  // tests/net/ask_model.cpp
const key = 'sk-a-key-that-nobody-may-see-0123456789';

/** Asks; gives what the program printed: `{ pieces, done?, failed?, why?, log }`. */
function ask(mock, words, settings = {}) {
  const child = spawn(program, words, {
    env: {
      PATH: process.env.PATH, TANDEM_AI_PROVIDER: 'openai', TANDEM_AI_URL: `${mock.url}/v1`,
      TANDEM_AI_MODEL: 'gpt-4o', TANDEM_AI_KEY: key, TANDEM_AI_RETRIES: '0', ...settings,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  let log = '';
  child.stdout.on('data', (bytes) => { out += bytes; });
  child.stderr.on('data', (bytes) => { log += bytes; });
  return new Promise((done, fail) => {
    child.on('error', fail);
    child.on('close', () => {
      const heard = { pieces: [], log };
      for (const line of out.split('\n').filter(Boolean)) {
        const { piece, ...end } = JSON.parse(line);
        if (piece === undefined) Object.assign(heard, end);
        else heard.pieces.push(piece);
      }
      check(!(out + log).includes(key), 'the key is shown');
      done(heard);
    });
  });
}

async function withMock(body) {
  const mock = await ModelMock.start({ keys: [key] });
  try {
    return await body(mock);
  } finally {
    await mock.stop();
  }
}

const text = 'Für alle: 😀 — a line\nand another, long enough for many pieces of five characters.';

const streamed = () => withMock(async (mock) => {
  mock.answers('hello', text);
  const heard = await ask(mock, ['chat', 'hello']);
  same(heard.done, text, heard.why ?? 'the answer');
  check(heard.pieces.length > 5, `${heard.pieces.length} pieces`);
  same(heard.pieces.join(''), text, 'the pieces');
  same(mock.asked().at(-1).body.stream, true, 'it asks for a stream');
  return `${heard.pieces.length} pieces`;
});

const completion = () => withMock(async (mock) => {
  mock.answers(/caret/, '```python\n    return 1 + x\nmore\n```');
  const heard = await ask(mock, ['complete', 'def f(x):\n    return ', '\n']);
  same(heard.done, '1 + x', heard.why ?? 'the completion');
});

const azure = () => withMock(async (mock) => {
  mock.answers('hello', 'hi');
  const heard = await ask(mock, ['chat', 'hello'], {
    TANDEM_AI_URL: `${mock.url}/openai/deployments/gpt-4o?api-version=2024-10-21`, TANDEM_AI_KEY_HEADER: 'azure',
  });
  same(heard.done, 'hi', heard.why ?? 'the answer');
  check(mock.asked().at(-1).path.startsWith('/openai/deployments/gpt-4o/chat/completions'), mock.asked().at(-1).path);
});

const refused = () => withMock(async (mock) => {
  const heard = await ask(mock, ['chat', 'hello'], { TANDEM_AI_KEY: 'sk-another-key' });
  same(heard.failed, 'refused', heard.why);
  check(heard.why.includes('401') && heard.why.includes('Invalid API key'), heard.why);
  const nothing = await ask(mock, ['chat', 'a question that nothing answers']);
  same(nothing.failed, 'refused', nothing.why);
});

const again = () => withMock(async (mock) => {
  mock.answers('hello', 'at last');
  for (const status of [429, 500, 503]) {
    mock.failsOnce(status);
    const heard = await ask(mock, ['chat', 'hello'], { TANDEM_AI_RETRIES: '2' });
    same(heard.done, 'at last', `${status}: ${heard.why}`);
    mock.failsOnce(status);
    const once = await ask(mock, ['chat', 'hello']);
    same(once.failed, status === 429 ? 'limited' : 'unavailable', once.why);
  }
});

const broken = () => withMock(async (mock) => {
  mock.answers('hello', text);
  mock.answers('half', text, { truncateAfterChunks: 6, latency: 10 });
  const half = await ask(mock, ['chat', 'half']);
  same(half.failed, 'unavailable', half.why ?? half.done);
  check(half.pieces.length > 0 && text.startsWith(half.pieces.join('')), 'the pieces before it broke');
  for (const [rates, kinds] of [
    [{ dropRate: 1 }, ['unavailable']],
    [{ malformedRate: 1 }, ['garbage']],
    [{ disconnectRate: 1 }, ['unavailable']],
    [{ rateLimitRate: 1 }, ['limited']],
  ]) {
    mock.chaos(rates);
    const heard = await ask(mock, ['chat', 'hello']);
    check(kinds.includes(heard.failed), `${JSON.stringify(rates)}: ${JSON.stringify(heard)}`);
    mock.calm();
  }
  mock.chaos({ latencyMs: 30_000 });
  const slow = await ask(mock, ['chat', 'hello'], { TANDEM_AI_CHAT_TIMEOUT_MS: '200' });
  same(slow.failed, 'timed_out', slow.why);
});

async function withServer(body) {
  const server = await ModelServer.start();
  try {
    return await body({ url: server.url.replace(/\/v1$/, ''), server });
  } finally {
    await server.end();
  }
}

const legacy = () => withServer(async ({ url, server }) => {
  for (const [style, prompt, suffix] of [
    ['suffix', 'x = ', '\n'],
    ['qwen', '<|fim_prefix|>x = <|fim_suffix|>\n<|fim_middle|>', undefined],
    ['starcoder', '<fim_prefix>x = <fim_suffix>\n<fim_middle>', undefined],
  ]) {
    server.answers(says('1 + y\nand more'));
    const heard = await ask({ url }, ['complete', 'x = ', '\n'], { TANDEM_AI_COMPLETION_STYLE: style });
    same(heard.done, '1 + y', heard.why ?? style);
    const asked = server.requests.at(-1);
    same([asked.path, asked.body.prompt, asked.body.suffix], ['/v1/completions', prompt, suffix], style);
  }
});

const cut = () => withServer(async ({ url, server }) => {
  for (const [act, kind, settings] of [
    [breaksOff(), 'unavailable', {}],
    [breaksOff('half of it'), 'unavailable', {}],
    [halfCloses(), 'unavailable', {}],
    [halfCloses('half of it'), 'unavailable', {}],
    [stalls(), 'timed_out', { TANDEM_AI_SILENCE_TIMEOUT_MS: '100' }],
    [stalls({ text: 'half of it' }), 'timed_out', { TANDEM_AI_SILENCE_TIMEOUT_MS: '100' }],
  ]) {
    server.answers(act);
    const heard = await ask({ url }, ['chat', 'hello'], settings);
    same(heard.failed, kind, heard.why ?? heard.done);
    await until('the server sees that its client has gone', () => server.requests.at(-1).ended);
  }
});

await suite('a model behind the OpenAI API', [
  { name: 'a chat is streamed', run: streamed },
  { name: 'a completion is asked for in words', run: completion },
  { name: 'Azure', run: azure },
  { name: 'a wrong key, and no answer', run: refused },
  { name: 'asked again after 429 and 5xx', run: again },
  { name: 'answers that break, and come too late', run: broken },
  { name: 'legacy completions', run: legacy },
  { name: 'connections that are cut, half closed or silent', run: cut },
]);
