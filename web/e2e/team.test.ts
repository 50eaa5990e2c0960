// The team's page: for its admins alone.

import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Team } from './people';
import { launchBrowser } from './windows';

let team: Team;
let browser: Browser;

beforeAll(async () => {
  team = await Team.start();
  browser = await launchBrowser();
});

afterAll(async () => {
  await browser.close();
  await team.stop();
});

describe('the audit log', () => {
  it('shows admins what happened, newest first', async () => {
    const ada = await team.person('Ada');
    const room = await team.room(ada, 'Watched');
    const window = await team.admin.window(browser, '/team#audit');
    const entries = window.page.getByRole('list', { name: 'Audit log' }).getByRole('listitem');
    const made = entries.filter({ hasText: room });
    await made.first().waitFor();
    expect(await made.filter({ hasText: 'Ada' }).count()).toBeGreaterThan(0);
    const told = await team.admin.must<{ action: string }[]>('GET', '/tenant/audit?limit=50');
    expect(await entries.locator('.row-title').allTextContents()).toEqual(told.map(({ action }) => action));
    window.expectNoProblems();
    await window.close();
  });

  it('is not for members: neither the page, nor what it is made of, nor the way there', async () => {
    const bob = await team.person('Bob');
    const window = await bob.window(browser, '/team#audit');
    await window.page.getByRole('alert').getByText(/^Only admins of /).waitFor();
    expect(await window.page.getByRole('list', { name: 'Audit log' }).count()).toBe(0);
    await window.page.getByRole('button', { name: 'Account: Bob' }).click();
    await window.page.getByRole('menuitem', { name: 'My account' }).waitFor();
    expect(await window.page.getByRole('menuitem', { name: 'Team' }).count()).toBe(0);
    window.expectNoProblems();
    expect((await bob.ask('GET', '/tenant/audit')).status).toBe(403);
    expect(await window.page.evaluate(async () => (await fetch('/tenant/audit')).status)).toBe(403);
    await window.close();
  });
});
