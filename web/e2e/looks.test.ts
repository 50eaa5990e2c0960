// Pictures of the room for people to look at: wide dark, wide light, narrow.

import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { TandemServer } from './server';
import { eventually, launchBrowser, Window } from './windows';

let server: TandemServer;
let browser: Browser;

beforeAll(async () => {
  server = await TandemServer.start();
  browser = await launchBrowser();
});

afterAll(async () => {
  await browser.close();
  await server.stop();
});

const PROGRAM = [
  'from dataclasses import dataclass',
  '',
  '',
  '@dataclass',
  'class Token:',
  '    kind: str',
  '    text: str',
  '    at: int',
  '',
  '',
  'def tokens(source: str) -> list[Token]:',
  '    """Splits the source into numbers, names and signs."""',
  '    found: list[Token] = []',
  '    at = 0',
  '    while at < len(source):',
  '        if source[at].isspace():',
  '            at += 1',
  '            continue',
  '        start = at',
  '        while at < len(source) and source[at].isalnum():',
  '            at += 1',
  '        at = max(at, start + 1)',
  '        found.append(Token("word", source[start:at], start))',
  '    return found',
].join('\n');

async function say(window: Window, text: string): Promise<void> {
  await window.page.getByLabel('Message', { exact: true }).fill(text);
  await window.page.keyboard.press('Enter');
}

async function goToLine(window: Window, line: number): Promise<void> {
  await window.press('Control+Home', ...Array<string>(line - 1).fill('ArrowDown'), 'End');
}

/** How many names `me` sees: they show for a while when a caret has moved, so both do. */
async function namesOfBoth(me: Window, ada: Window, grace: Window): Promise<number> {
  // Home goes to the line's first word and to its beginning, in turns.
  await Promise.all([ada.press('Shift+Home'), grace.press('ArrowLeft')]);
  return me.page.locator('.peer-caret-named').count();
}

it('a room with three people', async () => {
  const response = await fetch(`${server.url}/rooms`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({
      name: 'Parser rewrite',
      files: [
        { file: 'lexer.py', text: PROGRAM },
        { file: 'notes.md', text: '# Notes\n' },
        { file: 'tests/test_lexer.py', text: '' },
      ],
    }),
  });
  const { room_id: room } = (await response.json()) as { room_id: string };
  const url = `${server.url}/r/${room}`;
  const me = await Window.open(browser, url, 'Merry Otter');
  const ada = await Window.open(browser, url, 'Ada Lovelace', { colorScheme: 'light' });
  const grace = await Window.open(browser, url, 'Grace Hopper', { viewport: { width: 400, height: 760 } });
  for (const window of [me, ada, grace]) await window.untilShown((text) => text.includes('found.append'));
  await say(ada, 'The tokenizer eats operators one by one. Shall we look for two signs first?');
  await say(me, 'Yes: "->" and "==". I will write the test.');
  await goToLine(grace, 6);
  await goToLine(me, 24);
  await goToLine(ada, 20);
  await eventually(() => me.caretNames(), (names) => names.length === 2, 'carets');
  await ada.press('Shift+Home');
  await me.page.locator('.peer-selection').first().waitFor();
  await eventually(() => namesOfBoth(me, ada, grace), (count) => count === 2, 'names');
  await me.shot('room-dark');
  await ada.shot('room-light');
  await grace.shot('room-narrow');
  await grace.page.getByRole('button', { name: 'Chat' }).click();
  await grace.shot('room-narrow-chat');
  const overflow = await grace.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  expect(overflow).toBeLessThanOrEqual(0);
  for (const window of [me, ada, grace]) {
    window.expectNoProblems();
    await window.close();
  }
});
