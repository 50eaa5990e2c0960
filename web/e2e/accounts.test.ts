// Who one is, in a browser: signing up, in and out, the own rooms, tokens and
// sessions.

import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PASSWORD, Person, Team } from './people';
import { eventually, launchBrowser, Window } from './windows';

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

function openStart(hash = ''): Promise<Window> {
  return Window.open(browser, `${team.url}/${hash}`, 'Nobody');
}

async function signIn({ page }: Window, login: string, password: string): Promise<void> {
  await page.getByLabel('Login').fill(login);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
}

async function signOut({ page }: Window): Promise<void> {
  await page.getByRole('button', { name: /^Account: / }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
}

function untilHeading({ page }: Window, name: string): Promise<void> {
  return page.getByRole('heading', { name, exact: true }).waitFor();
}

/** The browser itself says that a request was refused with 401; that is what is tested. */
function expectNoProblemsBut401(window: Window): void {
  expect(window.problems.filter((problem) => !/status of 401/.test(problem))).toEqual([]);
}

describe('somebody new', () => {
  it('signs up, and is signed in over a reload', async () => {
    const window = await openStart();
    const { page } = window;
    await page.getByRole('button', { name: 'Create an account' }).click();
    await page.getByLabel(/^Login/).fill('grace@example.org');
    await page.getByLabel(/^Your name/).fill('Grace Hopper');
    await page.getByLabel(/^Password/).fill(PASSWORD);
    await page.getByRole('button', { name: 'Create account', exact: true }).click();
    await untilHeading(window, 'My rooms');
    await page.getByText('You have no rooms yet.').waitFor();
    await page.reload();
    await page.getByRole('button', { name: 'Account: Grace Hopper' }).waitFor();
    const grace = await Person.signedIn(team.url, 'grace@example.org', 'Grace Hopper', PASSWORD);
    expect(await grace.must('GET', '/account')).toMatchObject({ name: 'Grace Hopper', tenant: { role: 'member' } });
    expectNoProblemsBut401(window);
    await window.close();
  });

  it('is told when a login is taken', async () => {
    const { login } = await team.person('Taken');
    const window = await openStart();
    const { page } = window;
    await page.getByRole('button', { name: 'Create an account' }).click();
    await page.getByLabel(/^Login/).fill(login);
    await page.getByLabel(/^Password/).fill(PASSWORD);
    await page.getByRole('button', { name: 'Create account', exact: true }).click();
    await page.getByRole('alert').getByText('Somebody has this login already.').waitFor();
    await window.close();
  });
});

describe('signing in', () => {
  it('takes the right password, and signing out ends the session', async () => {
    const ada = await team.person('Ada');
    const window = await openStart();
    await signIn(window, ada.login, 'not this one');
    await window.page.getByRole('alert').getByText('Login or password is wrong.').waitFor();
    await signIn(window, ada.login, ada.password);
    await untilHeading(window, 'My rooms');
    const session = await window.page.context().cookies();
    expect(session.filter(({ name, httpOnly }) => name === 'tandem' && httpOnly)).toHaveLength(1);
    await signOut(window);
    await untilHeading(window, 'Sign in');
    await window.page.goto(`${team.url}/me`);
    await untilHeading(window, 'Sign in');
    await window.page.context().addCookies(session); // of the browser alone it would not be gone
    await window.page.reload();
    await untilHeading(window, 'Sign in');
    expectNoProblemsBut401(window);
    await window.close();
  });

  it('through the company that has failed is said once, and is not in the address any more', async () => {
    const window = await openStart('#sign-in-failed');
    const problem = window.page.getByRole('alert').getByText('Signing in did not succeed.');
    await problem.waitFor();
    expect(window.page.url()).toBe(`${team.url}/`);
    await signIn(window, 'nobody', 'what happened before is no news now');
    await window.page.getByRole('alert').getByText('Login or password is wrong.').waitFor();
    expect(await problem.count()).toBe(0);
    await window.page.reload();
    await untilHeading(window, 'Sign in');
    expect(await problem.count()).toBe(0);
    await window.close();
  });
});

describe('the own rooms', () => {
  it('have the one that was just created, and not that of others', async () => {
    const [ada, bob] = [await team.person('Ada'), await team.person('Bob')];
    await team.room(bob, 'Not for Ada');
    const window = await ada.window(browser, '/');
    await window.page.getByLabel('What is it about?').fill('Parser rewrite');
    await window.page.getByRole('button', { name: 'Create room' }).click();
    await window.untilSaved();
    expect(await window.page.getByRole('heading', { level: 1 }).textContent()).toBe('Parser rewrite');
    const link = new URL(window.page.url()).pathname;
    await window.page.goto(`${team.url}/`);
    const rooms = window.page.getByRole('list', { name: 'My rooms' }).getByRole('listitem');
    await rooms.getByText('Owner').waitFor();
    expect(await rooms.getByRole('link').allTextContents()).toEqual(['Parser rewrite']);
    await rooms.getByRole('link', { name: 'Parser rewrite' }).click();
    await window.untilSaved();
    expect(new URL(window.page.url()).pathname).toBe(link);
    window.expectNoProblems();
    await window.close();
  });
});

describe('an API token', () => {
  async function statusOf(room: string, token: string): Promise<number> {
    const headers = { Authorization: `Bearer ${token}` };
    return (await fetch(`${team.url}/rooms/${room}`, { headers })).status;
  }

  it('is made, shown once, good for a program, and refused when it was revoked', async () => {
    const ada = await team.person('Ada');
    const room = await team.room(ada, 'Behind a token');
    const window = await ada.window(browser, '/me');
    const { page } = window;
    await page.getByLabel('What is it for?').fill('Nightly backup');
    await page.getByRole('button', { name: 'Create token' }).click();
    const shown = page.getByRole('textbox', { name: 'New token', exact: true });
    const token = await shown.inputValue();
    expect(await statusOf(room, token)).toBe(200);
    await page.reload();
    const revoke = page.getByRole('button', { name: 'Revoke token Nightly backup' });
    await revoke.waitFor();
    expect(await shown.count()).toBe(0);
    await revoke.click();
    await page.getByRole('dialog').getByRole('button', { name: 'Revoke', exact: true }).click();
    await page.getByText('There are none. A token lets a program').waitFor();
    expect(await statusOf(room, token)).toBe(401);
    window.expectNoProblems();
    await window.close();
  });
});

describe('a session', () => {
  it('that is ended from another browser is asked to sign in, and goes on in place', async () => {
    const ada = await team.person('Ada');
    const room = await team.room(ada, 'Left open at work');
    const atWork = await ada.window(browser, `/r/${room}`);
    await atWork.untilSaved();
    await atWork.type('kept');
    await atWork.untilSaved();
    const atHome = await ada.window(browser, '/me');
    const others = atHome.page.getByRole('button', { name: /^End session: / });
    // Two browsers and what the test itself signed in with.
    await eventually(() => others.count(), (count) => count >= 2, 'other sessions');
    while ((await others.count()) > 0) {
      const before = await others.count();
      await others.first().click();
      await eventually(() => others.count(), (count) => count < before, 'ended sessions');
    }
    await atWork.page.getByText('You are not signed in any more.').waitFor();
    await signIn(atWork, ada.login, ada.password);
    await atWork.untilSaved();
    await atWork.untilShown((text) => text === 'kept');
    atHome.expectNoProblems();
    await atHome.close();
    await atWork.close();
  });
});
