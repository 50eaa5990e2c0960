// A server that speaks OpenAI's API and was written by others: aimock, from npm,
// in tests/live/aimock, which is installed the first time.
//
//   const mock = await ModelMock.start({ keys: ['sk-…'] });
//   mock.answers('a word of the question', 'what is said to it');
//   … TANDEM_AI_PROVIDER=openai TANDEM_AI_URL=`${mock.url}/v1` TANDEM_AI_MODEL=gpt-4o TANDEM_AI_KEY=sk-… …
//   await mock.stop();
//
// It knows chat completions (`/v1/chat/completions`, and Azure's
// `/openai/deployments/NAME/chat/completions`), streamed and whole; no legacy
// completions. A question that nothing answers is 404.

import { fileURLToPath } from 'node:url';

import { giveZlibCrc32 } from './node_18.mjs';
import { install } from './npm_package.mjs';

const folder = fileURLToPath(new URL('../aimock/', import.meta.url));

install(folder, '@copilotkit/aimock');

async function library() {
  giveZlibCrc32();
  return import('../aimock/node_modules/@copilotkit/aimock/dist/index.js');
}

export class ModelMock {
  /** keys: who asks with another is refused; none: everybody is answered. */
  static async start({ keys } = {}) {
    const { LLMock } = await library();
    const mock = new ModelMock();
    mock.server = new LLMock({
      host: '127.0.0.1', port: 0, chunkSize: 5, logLevel: 'silent', ...(keys && { auth: { apiKeys: keys } }),
    });
    await mock.server.start();
    mock.url = mock.server.url;
    return mock;
  }

  /** What is said to the next questions in which `pattern` (a text or a RegExp) occurs.
   *  more: `{ truncateAfterChunks, disconnectAfterMs, latency, streamingProfile, … }` of a fixture of aimock's. */
  answers(pattern, content, more = {}) {
    this.server.onMessage(pattern, { content }, more);
    return this;
  }

  /** The next question is answered with this status. */
  failsOnce(status, message = 'made to fail') {
    this.server.nextRequestError(status, { message });
    return this;
  }

  /** See aimock's ChaosConfig: dropRate, malformedRate, disconnectRate, rateLimitRate, latencyMs. */
  chaos(rates) {
    this.server.setChaos(rates);
    return this;
  }

  calm() {
    this.server.clearChaos();
    return this;
  }

  /** What it was asked: `{ path, headers, body, … }`, the oldest first. */
  asked() {
    return this.server.getRequests();
  }

  stop() {
    return this.server.stop();
  }
}
