// What happens to the work when the connection does not hold, and the pages
// that are shown instead of a room.

import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { CuttableProxy, TandemServer } from './server';
import { eventually, launchBrowser, Window } from './windows';

let server: TandemServer;
let proxy: CuttableProxy;
let browser: Browser;

beforeAll(async () => {
  server = await TandemServer.start();
  browser = await launchBrowser();
});

afterAll(async () => {
  await browser.close();
  await server.stop();
});

beforeEach(async () => {
  proxy = await CuttableProxy.start(server.url);
});

afterEach(async () => {
  await proxy.stop();
});

describe('a connection that breaks', () => {
  it('loses nothing of what is typed on both sides', async () => {
    const room = await server.createRoom('Night train');
    const ada = await Window.open(browser, `${proxy.url}/r/${room}`, 'Ada');
    const grace = await Window.open(browser, `${server.url}/r/${room}`, 'Grace');
    await ada.untilSaved();
    await grace.untilSaved();
    await ada.type('one. ');
    await grace.untilShown((text) => text === 'one. ');
    proxy.cut();
    await ada.type('two. three. ');
    await grace.press('Control+Home');
    await grace.type('zero. ');
    await ada.untilStatus(/^Offline, \d+ edits kept$/);
    await ada.page.getByText(/your edits are kept \(\d+ unsent\)/).waitFor();
    await ada.shot('offline');
    proxy.mend();
    await ada.retryNow();
    await ada.untilSaved();
    const wanted = 'zero. one. two. three. ';
    await eventually(() => server.text(room, 'main.py'), (text) => text === wanted, 'stored text');
    await ada.untilShown((text) => text === wanted);
    await grace.untilShown((text) => text === wanted);
    await ada.close();
    await grace.close();
  });

  it('keeps unsent edits over a reload', async () => {
    const room = await server.createRoom('Reload');
    const ada = await Window.open(browser, `${proxy.url}/r/${room}`, 'Ada');
    await ada.untilSaved();
    await ada.type('saved. ');
    await ada.untilSaved();
    await eventually(() => server.text(room, 'main.py'), (text) => text === 'saved. ', 'stored text');
    proxy.cut();
    await ada.type('unsent. ');
    await ada.untilStatus(/^Offline, \d+ edits? kept$/);
    const isWarned = new Promise<string>((resolve) => {
      ada.page.once('dialog', (dialog) => {
        proxy.mend(); // the page itself must come from somewhere; before, the edits would be sent
        resolve(dialog.type());
      });
    });
    await ada.page.reload().catch(() => undefined);
    expect(await Promise.race([isWarned, ada.untilSaved().then(() => 'none')])).toBe('beforeunload');
    await ada.untilSaved();
    await eventually(() => server.text(room, 'main.py'), (text) => text === 'saved. unsent. ', 'stored text');
    await ada.untilShown((text) => text === 'saved. unsent. ');
    await ada.close();
  });
});

describe('the other pages', () => {
  it('says that there is no such room', async () => {
    const lost = await Window.open(browser, `${server.url}/r/no-such-room`, 'Ada');
    await lost.page.getByRole('heading', { name: 'There is no such room' }).waitFor();
    await lost.shot('no-such-room');
    await lost.close();
  });

  it('creates a room, comes back to it, joins by link', async () => {
    const ada = await Window.open(browser, `${server.url}/`, 'Ada');
    await ada.page.getByLabel('What is it about?').fill('Parser rewrite');
    await ada.page.getByRole('button', { name: 'Create room' }).click();
    await ada.untilSaved();
    expect(await ada.page.getByRole('heading', { level: 1 }).textContent()).toBe('Parser rewrite');
    const link = ada.page.url();
    await ada.page.goto(`${server.url}/`);
    await ada.page.getByRole('link', { name: /Parser rewrite/ }).waitFor();
    await ada.shot('landing');
    await ada.page.getByLabel('Its link or id').fill(link);
    await ada.page.getByRole('button', { name: 'Join' }).click();
    await ada.untilSaved();
    expect(ada.page.url()).toBe(link);
    ada.expectNoProblems();
    await ada.close();
  });
});
