// Pictures of the pages of accounts for people to look at, wide and narrow; in
// the narrow ones nothing may stick out at the side.

import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Team, type Person } from './people';
import { launchBrowser, Window } from './windows';

const WIDTHS = [
  { name: 'wide', options: { viewport: { width: 1280, height: 800 } } },
  { name: 'narrow', options: { viewport: { width: 400, height: 760 }, colorScheme: 'light' } },
] as const;

let team: Team;
let browser: Browser;
let ada: Person;
let room: string;

beforeAll(async () => {
  team = await Team.start();
  browser = await launchBrowser();
  ada = await team.person('Ada Augusta King, Countess of Lovelace');
  const [bob, grace] = [await team.person('Bob'), await team.person('Grace')];
  room = await team.room(ada, 'Parser rewrite, the second attempt', { viewer: bob, editor: grace });
  await team.room(ada, '');
  await ada.must('PATCH', `/rooms/${room}`, { visibility: 'tenant', link_role: 'viewer' });
  await ada.must('POST', `/rooms/${room}/invites`, { role: 'editor', uses: 3 });
  await ada.must('POST', '/account/tokens', { name: 'Nightly backup', scopes: ['read', 'account'] });
});

afterAll(async () => {
  await browser.close();
  await team.stop();
});

/** But for those that never do, as of a caret that blinks. */
async function untilAnimationsEnd({ page }: Window): Promise<void> {
  await page.evaluate(() => {
    const all = document.getAnimations().filter(({ effect }) => Number.isFinite(effect?.getComputedTiming().endTime));
    return Promise.allSettled(all.map(({ finished }) => finished));
  });
}

async function expectNothingSticksOut({ page }: Window): Promise<void> {
  const tooWide = await page.evaluate(() => {
    const frame = document.querySelector('dialog[open]') ?? document.documentElement;
    return [frame.scrollWidth - frame.clientWidth, document.documentElement.scrollWidth - innerWidth];
  });
  expect(Math.max(...tooWide)).toBeLessThanOrEqual(0);
}

for (const { name: width, options } of WIDTHS) {
  const shoot = async (window: Window, name: string): Promise<void> => {
    await untilAnimationsEnd(window);
    await window.shot(`${name}-${width}`);
    await expectNothingSticksOut(window);
  };

  describe(`in a ${width} window`, () => {
    it('signing in and signing up', async () => {
      const window = await Window.open(browser, `${team.url}/#sign-in-failed`, 'Nobody', options);
      const { page } = window;
      await page.getByRole('alert').waitFor();
      await shoot(window, 'sign-in-failed');
      await page.getByLabel('Login').fill('ada');
      await page.getByLabel('Password').fill('wrong');
      await page.keyboard.press('Enter');
      await page.getByText('Login or password is wrong.').waitFor();
      await shoot(window, 'sign-in-wrong');
      await page.getByRole('button', { name: 'Create an account' }).click();
      await page.getByLabel(/^Password/).waitFor();
      await shoot(window, 'sign-up');
      await window.close();
    });

    it('the own rooms, none and some', async () => {
      const nobody = await (await team.person('Zoe')).window(browser, '/', options);
      await nobody.page.getByText('You have no rooms yet.').waitFor();
      await shoot(nobody, 'rooms-none');
      await nobody.close();
      const window = await ada.window(browser, '/', options);
      await window.page.getByRole('link', { name: 'Untitled room' }).waitFor();
      await window.page.getByRole('button', { name: /^Account: / }).click();
      await shoot(window, 'rooms');
      await window.close();
    });

    it('the own account', async () => {
      const window = await ada.window(browser, '/me', options);
      await window.page.getByText('Nightly backup').waitFor();
      await window.page.getByRole('list', { name: 'Sessions' }).waitFor();
      await shoot(window, 'me');
      await window.page.getByLabel('What is it for?').fill('Statistics');
      await window.page.getByRole('button', { name: 'Create token' }).click();
      const token = window.page.getByRole('textbox', { name: 'New token' });
      await token.waitFor();
      await token.scrollIntoViewIfNeeded();
      await shoot(window, 'me-token');
      await window.close();
    });

    it('the team', async () => {
      const window = await team.admin.window(browser, '/team', options);
      for (const part of ['Accounts', 'Invitations', 'Rooms', 'Audit log']) {
        await window.page.getByRole('link', { name: part, exact: true }).click();
        await window.page.getByText(/^Loading/).waitFor({ state: 'detached' });
        await shoot(window, `team-${part.split(' ')[0]?.toLowerCase()}`);
      }
      await window.close();
      const member = await ada.window(browser, '/team', options);
      await member.page.getByRole('alert').waitFor();
      await shoot(member, 'team-member');
      await member.close();
    });

    it('sharing', async () => {
      const window = await ada.window(browser, `/r/${room}`, options);
      await window.untilSaved();
      await window.page.getByRole('button', { name: 'Share', exact: true }).click();
      await window.page.getByRole('button', { name: 'Remove Bob' }).waitFor();
      await window.page.getByRole('button', { name: /^Revoke invitation/ }).waitFor();
      await shoot(window, 'share');
      await window.page.getByRole('button', { name: 'Remove Bob' }).scrollIntoViewIfNeeded();
      await shoot(window, 'share-members');
      await window.page.getByText('Remove the room…').scrollIntoViewIfNeeded();
      await shoot(window, 'share-end');
      await window.close();
    });

    it('the room as a viewer', async () => {
      const viewer = await (await team.person('Vera')).window(browser, `/r/${room}`, options);
      await viewer.untilSaved();
      await viewer.type('x');
      await viewer.page.getByRole('main', { name: 'Editor' }).getByText('You may read this room').waitFor();
      await shoot(viewer, 'viewer');
      await viewer.close();
    });

    it('the API', async () => {
      const window = await ada.window(browser, '/docs', options);
      await window.page.getByLabel(/^GET \/account: /).waitFor();
      await shoot(window, 'docs');
      await window.page.getByLabel(/^POST \/account\/tokens: /).click();
      await window.page.getByRole('form', { name: 'Try POST /account/tokens' }).getByRole('button').click();
      await window.page.getByLabel('Body of the answer').scrollIntoViewIfNeeded();
      await shoot(window, 'docs-refused');
      await window.page.getByLabel(/^GET \/account\/rooms: /).click();
      await window.page.getByRole('form', { name: 'Try GET /account/rooms' }).getByRole('button').click();
      const answer = window.page.getByLabel('Answer to GET /account/rooms').getByLabel('Body of the answer');
      await answer.scrollIntoViewIfNeeded();
      await shoot(window, 'docs-answer');
      await window.page.locator('#websocket').scrollIntoViewIfNeeded();
      await window.page.locator('summary', { hasText: 'The first message' }).click();
      await shoot(window, 'docs-websocket');
      await window.close();
    });
  });
}
