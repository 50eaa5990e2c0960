// Two windows in one room: writing, carets, undo, emoji, files, chat.

import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { TandemServer } from './server';
import { eventually, launchBrowser, Window } from './windows';

let server: TandemServer;
let browser: Browser;
let room: string;
let ada: Window;
let grace: Window;

beforeAll(async () => {
  server = await TandemServer.start();
  browser = await launchBrowser();
});

afterAll(async () => {
  await browser.close();
  await server.stop();
});

beforeEach(async () => {
  room = await server.createRoom('Parser rewrite');
  ada = await Window.open(browser, `${server.url}/r/${room}`, 'Ada Lovelace');
  grace = await Window.open(browser, `${server.url}/r/${room}`, 'Grace Hopper');
  await ada.untilSaved();
  await grace.untilSaved();
});

afterEach(async () => {
  ada.expectNoProblems();
  grace.expectNoProblems();
  await ada.close();
  await grace.close();
});

function untilStored(file: string, isWanted: (text: string) => boolean): Promise<string> {
  return eventually(() => server.text(room, file), isWanted, `stored text of ${file}`);
}

/** As Ada's list says, which is made anew when it does: a click before may meet what is gone. */
function untilGraceIsIn(file: string): Promise<void> {
  return ada.page.locator(`[data-file="${file}"]`).getByLabel('Grace Hopper is here').waitFor();
}

describe('two windows', () => {
  it('type at the same time and converge', async () => {
    await ada.type('alpha. ');
    await grace.untilShown((text) => text.includes('alpha.'));
    await grace.press('Control+End');
    await Promise.all([ada.type('one two three four. '), grace.type('uno dos tres cuatro. ')]);
    const counts = (text: string): boolean => text.length === 'alpha. one two three four. uno dos tres cuatro. '.length;
    const stored = await untilStored('main.py', counts);
    await ada.untilShown((text) => text === stored);
    await grace.untilShown((text) => text === stored);
    await Promise.all([ada.untilSaved(), grace.untilSaved()]);
    expect([...stored].sort()).toEqual([...'alpha. one two three four. uno dos tres cuatro. '].sort());
  });

  it('show the carets with names, and go to them', async () => {
    await ada.type('def main(): pass');
    await grace.press('Control+Home');
    await eventually(() => grace.caretNames(), (names) => names.includes('Ada Lovelace'), 'carets');
    await eventually(() => ada.caretNames(), (names) => names.includes('Grace Hopper'), 'carets');
    await eventually(
      async () => {
        // Again until the last place of the caret has come.
        await grace.page.getByRole('button', { name: /Ada Lovelace: go to/ }).click();
        return grace.page.getByTestId('position').textContent();
      },
      (text) => text === 'Ln 1, Col 17',
      'caret',
    );
  });

  it('keep emoji whole', async () => {
    await ada.page.keyboard.press('Escape');
    await ada.insert('a😀b👩‍💻c');
    await grace.untilShown((text) => text === 'a😀b👩‍💻c');
    await grace.press('Control+Home', 'ArrowRight', 'ArrowRight');
    await grace.type('x');
    await untilStored('main.py', (text) => text === 'a😀xb👩‍💻c');
    await grace.press('Backspace', 'Backspace');
    await untilStored('main.py', (text) => text === 'ab👩‍💻c');
    await ada.untilShown((text) => text === 'ab👩‍💻c');
  });

  it('undo their own work only', async () => {
    await ada.insert('mine ');
    await grace.untilShown((text) => text === 'mine ');
    await grace.press('Control+Home');
    await grace.insert('yours ');
    await ada.untilShown((text) => text === 'yours mine ');
    await ada.press('Control+z');
    await untilStored('main.py', (text) => text === 'yours ');
    await ada.press('Control+z');
    await ada.press('Control+Shift+z');
    await untilStored('main.py', (text) => text === 'yours mine ');
    await ada.press('Control+z');
    await untilStored('main.py', (text) => text === 'yours ');
    await ada.press('Control+y');
    await untilStored('main.py', (text) => text === 'yours mine ');
    await grace.press('Control+z');
    await untilStored('main.py', (text) => text === 'mine ');
  });

  it('work in several files', async () => {
    await ada.page.getByRole('button', { name: 'New file' }).click();
    await ada.page.getByLabel('Name of the new file').fill('src/util.ts');
    await ada.page.keyboard.press('Enter');
    await eventually(() => ada.page.locator('[aria-current=true]').textContent(), (name) => name === 'src/util.ts', 'current file');
    await ada.type('const answer = 42;');
    await untilStored('src/util.ts', (text) => text === 'const answer = 42;');
    expect(await server.text(room, 'main.py')).toBe('');
    await grace.page.getByRole('button', { name: /^src\/util\.ts/ }).first().click();
    await grace.untilShown((text) => text === 'const answer = 42;');
    await grace.press('Control+End');
    await untilGraceIsIn('src/util.ts');
    await ada.page.locator('[data-file="src/util.ts"]').hover(); // brings the buttons
    await ada.page.getByRole('button', { name: 'Rename src/util.ts' }).click();
    await ada.page.getByLabel('New name of src/util.ts').fill('src/answer.ts');
    await ada.page.keyboard.press('Enter');
    await eventually(() => grace.page.locator('[aria-current=true]').textContent(), (name) => name?.startsWith('src/answer.ts') ?? false, 'renamed file');
    await grace.press('Control+End');
    await grace.type(' // yes');
    await untilStored('src/answer.ts', (text) => text === 'const answer = 42; // yes');
    await untilGraceIsIn('src/answer.ts');
    await ada.page.locator('[data-file="src/answer.ts"]').hover(); // brings the buttons
    await ada.page.getByRole('button', { name: 'Delete src/answer.ts' }).click();
    await ada.page.getByRole('button', { name: 'Delete', exact: true }).click();
    await grace.page.locator('[data-file="src/answer.ts"]').waitFor({ state: 'detached' });
    await grace.untilShown((text) => text === '');
  });

  it('chat, as text only', async () => {
    await grace.page.getByRole('button', { name: 'Chat' }).click(); // closes the panel
    await ada.page.getByLabel('Message', { exact: true }).fill('<b>hello</b> & welcome');
    await ada.page.keyboard.press('Enter');
    await eventually(() => grace.page.locator('.badge').textContent(), (text) => text === '1', 'badge');
    await grace.page.getByRole('button', { name: 'Chat' }).click();
    await eventually(
      () => grace.page.locator('.chat-message p').allTextContents(),
      (texts) => texts.join() === '<b>hello</b> & welcome',
      'messages',
    );
    expect(await grace.page.locator('.chat-message b').count()).toBe(0);
    await eventually(() => ada.page.locator('.on-its-way').count(), (count) => count === 0, 'on their way');
    expect(await ada.page.locator('.chat-message').count()).toBe(1);
  });

  it('take a new name without a dialog', async () => {
    await ada.page.getByLabel('Your name').fill('Countess');
    await ada.page.keyboard.press('Enter');
    await grace.page.getByRole('button', { name: /Countess: go to/ }).waitFor();
  });
});
