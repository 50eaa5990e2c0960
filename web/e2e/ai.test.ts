// The room's AI as people meet it: ghost text, the list, changes as diffs, the
// assistant in the chat, and what the header says of it.

import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { fails, ModelServer, says, stalls, type Act } from '../../tests/live/support/model_server.mjs';
import { TandemServer } from './server';
import { eventually, launchBrowser, Window } from './windows';

const PROGRAM = [
  'def area(width, height):',
  '    return width * height',
  '',
  '',
  'def volume(width, height, depth):',
  '    base = area(width, height)',
  '    return base * depth',
  '',
  '',
  '',
].join('\n');
const LAST_LINE = PROGRAM.split('\n').length;
const GHOST = 'print(volume(2, 3, 4))';
const SHORTER = 'def area(w, h):\n    return w * h\n';
const REFACTORING = `Shorter names for both sides.\n\`\`\`python\n${SHORTER}\`\`\`\n`;

/** An act for each kind of question. */
function model(completion: Act, chat: Act = says(REFACTORING)): Act {
  return (exchange) => (exchange.asked.isChat ? chat : completion)(exchange);
}

let models: ModelServer;
let server: TandemServer;
let browser: Browser;
let room: string;
let ada: Window;
let grace: Window;

beforeAll(async () => {
  models = await ModelServer.start();
  server = await TandemServer.start({
    settings: {
      TANDEM_AI_PROVIDER: 'openai',
      TANDEM_AI_URL: models.url,
      TANDEM_AI_MODEL: 'scripted-model',
      TANDEM_AI_KEY: 'sk-of-the-browser-tests',
      TANDEM_AI_ROOM_DEFAULT: 'on',
      TANDEM_AI_COMPLETION_STYLE: 'suffix',
      TANDEM_AI_RETRIES: '0',
    },
  });
  browser = await launchBrowser();
});

afterAll(async () => {
  await browser.close();
  await server.stop();
  await models.end();
});

beforeEach(async () => {
  models.reset();
  models.answers(model(says(GHOST)));
  room = await server.createRoom('Prices', [{ file: 'shop.py', text: PROGRAM }]);
  ada = await Window.open(browser, `${server.url}/r/${room}`, 'Ada Lovelace');
  grace = await Window.open(browser, `${server.url}/r/${room}`, 'Grace Hopper');
  for (const window of [ada, grace]) {
    await window.untilShown((text) => text.includes('def volume'));
    await untilAi(window, 'AI: scripted-model');
  }
});

afterEach(async () => {
  ada.expectNoProblems();
  grace.expectNoProblems();
  await ada.close();
  await grace.close();
});

const stored = (isWanted: (text: string) => boolean): Promise<string> =>
  eventually(() => server.text(room, 'shop.py'), isWanted, 'the stored text');

const ghostText = ({ page }: Window): Promise<string> =>
  page.evaluate(() =>
    [...document.querySelectorAll('.ghost-text-decoration, .ghost-text')]
      .map((part) => part.textContent ?? '').join('').replace(/\u00a0/g, ' '));

const untilGhost = (window: Window, isWanted: (ghost: string) => boolean): Promise<string> =>
  eventually(() => ghostText(window), isWanted, 'ghost text');

async function goToLine(window: Window, line: number): Promise<void> {
  await window.press('Control+Home', ...Array<string>(line - 1).fill('ArrowDown'), 'End');
}

const face = ({ page }: Window) => page.getByTestId('ai-state');

/** What the header says of it. */
const untilAi = (window: Window, wanted: string): Promise<string | null> =>
  eventually(() => face(window).textContent(), (said) => said === wanted, 'the header');

/** Nothing is asked any more of what was typed so far. REQUIRES: something is asked. */
const untilAnswered = (): Promise<boolean> =>
  eventually(() => models.requests.length > 0 && models.requests.every(({ ended }) => ended), (are) => are, 'answers');

async function askForShorterNames(window: Window): Promise<void> {
  await goToLine(window, 1);
  await window.press('Control+i');
  await window.page.getByLabel('What should be done').fill('shorter names');
  await window.page.keyboard.press('Enter');
}

async function mode(wanted: string): Promise<void> {
  const answer = await fetch(`${server.url}/rooms/${room}`, {
    method: 'PATCH', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ ai: wanted }),
  });
  expect(answer.status).toBe(200);
}

describe('ghost text', () => {
  it('comes at a pause, and is taken with Tab', async () => {
    await ada.press('Control+End');
    await ada.type('# try: ');
    await untilGhost(ada, (ghost) => ghost === GHOST);
    await ada.shot('ai-ghost-text');
    await ada.press('Tab');
    await stored((text) => text.includes(`# try: ${GHOST}`));
    await grace.untilShown((text) => text.includes(`# try: ${GHOST}`));
  });

  it('is taken word by word', async () => {
    await goToLine(ada, LAST_LINE - 1);
    await ada.type('# try: ');
    await untilGhost(ada, (ghost) => ghost === GHOST);
    await ada.press('Control+ArrowRight');
    await stored((text) => text.includes('# try: print\n'));
    await untilGhost(ada, (ghost) => ghost === GHOST.slice('print'.length));
  });

  it('stays while it is being typed, without another question', async () => {
    await goToLine(ada, LAST_LINE - 1);
    await ada.insert('# try: ');
    await untilGhost(ada, (ghost) => ghost === GHOST);
    await untilAnswered();
    const asked = models.requests.length;
    await ada.type('print(', 400); // at each pause something could be asked; the editor closes the bracket
    await untilGhost(ada, (ghost) => ghost === GHOST.slice('print('.length, -1));
    expect(models.requests.length).toBe(asked);
    await ada.press('Tab');
    await stored((text) => text.includes(`# try: ${GHOST}\n`));
  });

  it('outlives what a partner types on another line', async () => {
    await goToLine(ada, LAST_LINE - 1);
    await ada.type('# try: ');
    await untilGhost(ada, (ghost) => ghost === GHOST);
    await goToLine(grace, 1);
    await grace.type(' # sides', 30);
    await stored((text) => text.includes('height): # sides'));
    await ada.untilShown((text) => text.includes('# sides'));
    await untilGhost(ada, (ghost) => ghost === GHOST);
    await ada.press('Tab');
    await stored((text) => text.includes(`# try: ${GHOST}`) && text.includes('height): # sides'));
  });

  it('is silent in a line that a partner is writing', async () => {
    await goToLine(ada, LAST_LINE - 1);
    await ada.type('# try: ');
    await untilGhost(ada, (ghost) => ghost === GHOST);
    await ada.press('Escape');
    await grace.untilShown((text) => text.includes('# try: '));
    await goToLine(grace, LAST_LINE - 1);
    await grace.type(' and', 10);
    await untilGhost(ada, (ghost) => ghost === '');
    await stored((text) => text.includes('# try:  and'));
    expect(await ghostText(ada)).toBe('');
  });

  it('is not missed where the file goes meanwhile', async () => {
    await ada.page.locator('[data-file="shop.py"]').hover(); // brings the buttons
    await ada.page.getByRole('button', { name: 'Delete shop.py' }).click();
    await grace.press('Control+End');
    const typed = grace.page.keyboard.type('x = y'); // not `type`: by then there may be no file to go to
    await Promise.all([typed, ada.page.getByRole('button', { name: 'Delete', exact: true }).click()]);
    await grace.page.locator('[data-file="shop.py"]').waitFor({ state: 'detached' });
    await eventually(() => models.requests.every(({ ended }) => ended), (are) => are, 'the end of what was asked');
    await eventually(() => grace.caretNames(), (names) => names.length === 0, 'no carets');
  });

  it('comes from the files themselves where the room wants it so', async () => {
    await mode('local');
    await untilAi(ada, 'AI: local');
    await goToLine(ada, LAST_LINE - 1);
    await ada.type('def surface(width, hei');
    await untilGhost(ada, (ghost) => ghost.startsWith('ght'));
    expect(models.requests.length).toBe(0);
  });

  it('is not there where the AI is off', async () => {
    await mode('off');
    await untilAi(ada, 'AI: off');
    await goToLine(ada, LAST_LINE - 1);
    await ada.type('def surface(width, hei');
    await stored((text) => text.includes('hei'));
    await ada.untilSaved();
    expect(await ghostText(ada)).toBe('');
    expect(models.requests.length).toBe(0);
  });
});

it('the list has the words of all files, at a key', async () => {
  await goToLine(ada, LAST_LINE - 1);
  await ada.type('x = vol');
  await ada.press('Escape', 'Control+Space');
  const entry = ada.page.locator('.suggest-widget .monaco-list-row').filter({ hasText: 'volume' });
  await entry.first().waitFor();
  await ada.shot('ai-list');
  await entry.first().click();
  await stored((text) => text.includes('x = volume'));
});

describe('a change', () => {
  it('is shown as a diff, taken over as one edit, and taken back as one', async () => {
    await askForShorterNames(ada);
    await ada.page.getByRole('heading', { name: 'Proposed change: shop.py' }).waitFor();
    await ada.page.locator('.ai-diff .line-insert').first().waitFor();
    await ada.shot('ai-diff');
    expect(await server.text(room, 'shop.py')).toBe(PROGRAM);
    await ada.page.getByRole('button', { name: 'Accept' }).click();
    const changed = await stored((text) => text.startsWith(SHORTER));
    expect(changed.slice(SHORTER.length)).toBe(PROGRAM.slice(PROGRAM.indexOf('\n\n') + 1));
    const history = await (await fetch(`${server.url}/rooms/${room}/files/shop.py/history`)).json() as { name: string }[];
    expect(history.at(-1)?.name).toBe('Ada Lovelace (with AI)');
    await ada.press('Control+z');
    await stored((text) => text === PROGRAM);
  });

  it('is of the part that was meant, whatever a partner writes above it meanwhile', async () => {
    await goToLine(ada, 1);
    await ada.press('Control+i');
    await ada.page.getByText('shop.py, lines 1 to 2').waitFor();
    await grace.press('Control+Home');
    await grace.type('# sizes\n');
    await ada.untilShown((text) => text.startsWith('# sizes\n'));
    await ada.page.getByLabel('What should be done').fill('shorter names');
    await ada.page.keyboard.press('Enter');
    await ada.page.getByRole('button', { name: 'Accept' }).click();
    await stored((text) => text.startsWith(`# sizes\n${SHORTER}`));
  });

  it('that is rejected changes nothing', async () => {
    await askForShorterNames(ada);
    await ada.page.getByRole('button', { name: 'Reject' }).click();
    await ada.type('#', 0);
    const text = await stored((now) => now !== PROGRAM);
    expect(text.replace('#', '')).toBe(PROGRAM);
  });

  it('is carried over what a partner writes elsewhere', async () => {
    await askForShorterNames(ada);
    await ada.page.getByRole('button', { name: 'Accept' }).waitFor();
    await goToLine(grace, LAST_LINE);
    await grace.type('# the end');
    await stored((text) => text.includes('# the end'));
    await ada.untilShown((text) => text.includes('# the end'));
    await ada.page.getByRole('button', { name: 'Accept' }).click();
    await stored((text) => text.startsWith(SHORTER) && text.endsWith('# the end'));
  });

  it('of what a partner has changed meanwhile is not taken over', async () => {
    await askForShorterNames(ada);
    await ada.page.getByRole('button', { name: 'Accept' }).waitFor();
    await grace.press('Control+Home', 'ArrowDown', 'End');
    await grace.type(' / 2');
    const now = await stored((text) => text.includes('height / 2'));
    await ada.untilShown((text) => text.includes('height / 2'));
    await ada.page.getByRole('button', { name: 'Accept' }).click();
    await ada.page.getByText('has changed there meanwhile').waitFor();
    expect(await server.text(room, 'shop.py')).toBe(now);
  });

  it('that takes too long is cancelled, at the model too', async () => {
    models.answers(model(says(''), stalls()));
    await askForShorterNames(ada);
    await eventually(() => models.requests.length, (count) => count === 1, 'the question');
    await ada.shot('ai-thinking');
    await ada.page.getByRole('button', { name: 'Cancel' }).click();
    await eventually(() => models.requests[0]?.ended, (ended) => ended === 'client', 'the end of the question');
  });

  it('can be an explanation alone', async () => {
    models.answers(model(says(''), says('It multiplies its **two** sides, `width` and `height`.')));
    await goToLine(ada, 2);
    await ada.press('F1');
    await ada.page.keyboard.type('AI: Explain');
    await ada.page.locator('.quick-input-widget .monaco-list-row').first().waitFor();
    await ada.page.keyboard.press('Enter');
    const words = ada.page.locator('.ai-words');
    await words.getByText('It multiplies its two sides, width and height.').waitFor();
    expect(await words.locator('strong, code').allTextContents()).toEqual(['two', 'width', 'height']);
    await ada.shot('ai-explanation');
    await ada.page.getByRole('button', { name: 'Close' }).click();
    expect(await server.text(room, 'shop.py')).toBe(PROGRAM);
  });

  it('is offered at a selection', async () => {
    await goToLine(ada, 6);
    await ada.press('Shift+Home', 'Control+.');
    for (const name of ['Explain', 'Refactor', 'Add tests', 'Fix']) {
      await ada.page.locator('.action-widget').getByText(`AI: ${name}`).waitFor();
    }
    await ada.shot('ai-actions');
    await ada.page.keyboard.press('Escape');
  });
});

it('the assistant answers in the chat, and its change is taken over from there', async () => {
  const answer = `Both sides have short names in this:\n\nEDIT shop.py lines 1-2\n\`\`\`python\n${SHORTER}\`\`\`\n`;
  models.answers(model(says(''), says(answer)));
  await ada.page.getByRole('button', { name: '@assistant' }).click();
  await ada.page.keyboard.type('can you shorten the names in area?');
  await ada.page.keyboard.press('Enter');
  await grace.page.locator('.chat-message.assistant').waitFor();
  await ada.page.getByRole('button', { name: 'Show the change of shop.py' }).waitFor();
  await ada.shot('ai-chat');
  await goToLine(grace, LAST_LINE);
  await grace.type('# the end'); // the proposal has lain there for a while
  await stored((text) => text.endsWith('# the end'));
  await ada.page.getByRole('button', { name: 'Show the change of shop.py' }).click();
  await ada.page.getByRole('button', { name: 'Accept' }).click();
  await stored((text) => text.startsWith(SHORTER) && text.endsWith('# the end'));
});

it('what a model says is text, whatever it looks like', async () => {
  models.answers(model(says(''), says('<img src=x onerror="document.title=1"> <script>document.title=2</script>\n```\n<b>x</b>\n```\n')));
  await ada.page.getByRole('button', { name: '@assistant' }).click();
  await ada.page.keyboard.type('hi');
  await ada.page.keyboard.press('Enter');
  const said = ada.page.locator('.chat-message.assistant');
  await said.getByText('<img src=x').waitFor();
  expect(await said.locator('img, script, b').count()).toBe(0);
  expect(await ada.page.title()).toContain('Prices');
});

describe('the header', () => {
  it('says where texts go to, and lets whoever manages the room change it', async () => {
    await face(ada).click();
    await ada.page.getByText(`are sent to ${models.host} (scripted-model)`).waitFor();
    await ada.page.getByLabel('From this room’s own files').waitFor();
    await ada.shot('ai-panel');
    await ada.page.getByLabel('From this room’s own files').check();
    await untilAi(grace, 'AI: local');
  });

  it('says when the model fails, and that it is thinking', async () => {
    models.answers(model(stalls()));
    await goToLine(ada, LAST_LINE - 1);
    await ada.type('# try: ');
    await ada.page.locator('.ai-button[data-state="thinking"]').waitFor();
    models.answers(model(fails(500)));
    await ada.insert('again '); // one question: several that fail would be the last ones for a while
    await ada.page.locator('.ai-button[data-state="failing"]').waitFor();
    await ada.page.locator('.ai-button').click();
    await ada.page.getByText('The model does not answer').waitFor();
    await ada.shot('ai-failing');
    await ada.page.keyboard.press('Escape');
    models.answers(model(says(GHOST)));
    await ada.type('more ');
    await ada.page.locator('.ai-button[data-state="on"]').waitFor();
  });

  it('fits a narrow window', async () => {
    await ada.page.setViewportSize({ width: 400, height: 760 });
    await ada.page.locator('.ai-button').click();
    await ada.page.getByLabel('From this room’s own files').waitFor();
    await ada.shot('ai-panel-narrow');
    const overflow = await ada.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect(overflow).toBeLessThanOrEqual(0);
    await ada.page.keyboard.press('Escape');
    await askForShorterNames(ada);
    await ada.page.locator('.ai-diff .line-insert').first().waitFor();
    await ada.shot('ai-diff-narrow');
    await ada.page.getByRole('button', { name: 'Reject' }).click();
  });
});
