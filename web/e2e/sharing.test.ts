// What the others may do in a room, and what their pages make of it while they
// are open: roles, removal, invitations, another person at the same browser.

import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Team, type Person } from './people';
import { CuttableProxy } from './server';
import { eventually, launchBrowser, type Window } from './windows';

let team: Team;
let browser: Browser;
let ada: Person;
let bob: Person;

beforeAll(async () => {
  team = await Team.start();
  browser = await launchBrowser();
});

afterAll(async () => {
  await browser.close();
  await team.stop();
});

beforeEach(async () => {
  [ada, bob] = [await team.person('Ada'), await team.person('Bob')];
});

function untilStored(room: string, wanted: string): Promise<string> {
  return eventually(() => team.text(ada, room), (text) => text === wanted, 'stored text');
}

/** The editor says it at the caret, when a key was not taken. */
function untilToldReadOnly({ page }: Window): Promise<void> {
  return page.getByRole('main', { name: 'Editor' }).getByText('You may read this room, but not write in it.').waitFor();
}

async function openSharing({ page }: Window): Promise<void> {
  await page.getByRole('button', { name: 'Share', exact: true }).click();
  await page.getByRole('dialog', { name: /^Share / }).waitFor();
}

async function addMember({ page }: Window, { login, name }: Person, role: string): Promise<void> {
  await page.getByLabel('Login of a new member').fill(login);
  await page.getByLabel('Role of the new member').selectOption(role);
  await page.getByRole('button', { name: 'Add member' }).click();
  await page.getByRole('list', { name: 'Members' }).getByText(name, { exact: true }).waitFor();
}

async function inRoom(person: Person, room: string, at?: string): Promise<Window> {
  const window = await person.window(browser, `/r/${room}`, at === undefined ? {} : { at });
  await window.untilSaved();
  return window;
}

describe('a member', () => {
  it('who is added as a viewer reads, cannot type, and is told so', async () => {
    const room = await team.room(ada, 'Read along');
    const owner = await inRoom(ada, room);
    await owner.type('for reading. ');
    await openSharing(owner);
    await addMember(owner, bob, 'viewer');
    await owner.page.keyboard.press('Escape');
    const viewer = await inRoom(bob, room);
    await viewer.untilShown((text) => text === 'for reading. ');
    expect(await viewer.page.getByTestId('role').textContent()).toBe('View only');
    expect(await viewer.page.getByRole('button', { name: 'Share', exact: true }).isVisible()).toBe(false);
    expect(await viewer.page.getByRole('button', { name: 'New file' }).isVisible()).toBe(false);
    await viewer.type('not ');
    await untilToldReadOnly(viewer);
    expect(await viewer.shownText()).toBe('for reading. ');
    await owner.press('Control+End');
    await owner.type('more');
    await viewer.untilShown((text) => text === 'for reading. more'); // what was typed before would be there by now
    await untilStored(room, 'for reading. more');
    owner.expectNoProblems();
    viewer.expectNoProblems();
    await viewer.close();
    await owner.close();
  });

  it('who becomes an editor types at once, and who becomes a viewer stops, in the page that is open', async () => {
    const room = await team.room(ada, 'Promotion', { viewer: bob });
    const [owner, member] = [await inRoom(ada, room), await inRoom(bob, room)];
    await member.page.evaluate(() => document.body.setAttribute('data-same-page', ''));
    await openSharing(owner);
    await owner.page.getByLabel('Role of Bob').selectOption('editor');
    await member.page.getByText('You are an editor now').waitFor();
    expect(await member.page.getByTestId('role').isVisible()).toBe(false);
    await member.type('by Bob');
    await untilStored(room, 'by Bob');
    await owner.page.getByLabel('Role of Bob').selectOption('viewer');
    await member.page.getByTestId('role').getByText('View only').waitFor();
    await member.type('!');
    await untilToldReadOnly(member);
    expect(await member.shownText()).toBe('by Bob');
    expect(await member.page.locator('body[data-same-page]').count()).toBe(1);
    owner.expectNoProblems();
    member.expectNoProblems();
    await member.close();
    await owner.close();
  });

  it('who is removed is out, and told why', async () => {
    const room = await team.room(ada, 'Removal', { editor: bob });
    const [owner, member] = [await inRoom(ada, room), await inRoom(bob, room)];
    await openSharing(owner);
    await owner.page.getByRole('button', { name: 'Remove Bob' }).click();
    await member.page.getByRole('heading', { name: 'You have no access to this room any more' }).waitFor();
    expect(await member.page.getByTestId('ended').getAttribute('data-reason')).toBe('forbidden');
    await owner.page.getByLabel('Role of Bob').waitFor({ state: 'detached' });
    await member.page.getByRole('button', { name: 'Try again' }).click();
    await member.page.getByRole('heading', { name: 'You have no access to this room', exact: true }).waitFor(); // loaded anew
    expect(await member.page.getByTestId('status').count()).toBe(0);
    await member.close();
    await owner.close();
  });

  it('whose login nobody has is not added', async () => {
    const owner = await inRoom(ada, await team.room(ada, 'Nobody'));
    await openSharing(owner);
    await owner.page.getByLabel('Login of a new member').fill('nobody@example.org');
    await owner.page.getByRole('button', { name: 'Add member' }).click();
    await owner.page.getByRole('alert').getByText('Nobody in the team has this login.').waitFor();
    await owner.close();
  });
});

describe('an invitation', () => {
  async function inviteAs(owner: Window, role: string): Promise<string> {
    await openSharing(owner);
    await owner.page.getByRole('form', { name: 'New invitation' }).getByLabel('Role').selectOption(role);
    await owner.page.getByRole('button', { name: 'Create invitation link' }).click();
    return owner.page.getByRole('textbox', { name: 'Invitation link' }).inputValue();
  }

  it('makes whoever opens it in another browser a member, and leaves the address bar', async () => {
    const room = await team.room(ada, 'Come in');
    const owner = await inRoom(ada, room);
    const link = new URL(await inviteAs(owner, 'commenter'));
    expect(link.hash).toMatch(/^#invite=/);
    const before = await bob.window(browser, link.pathname);
    await before.page.getByTestId('ended').waitFor(); // the room is private
    await before.close();
    const guest = await bob.window(browser, link.pathname + link.hash);
    await guest.untilSaved();
    expect(await guest.page.getByTestId('role').textContent()).toBe('Comment only');
    expect(new URL(guest.page.url()).hash).toBe('');
    expect(await ada.must('GET', `/rooms/${room}/members`)).toContainEqual(
      expect.objectContaining({ name: 'Bob', role: 'commenter' }),
    );
    await guest.close();
    const again = await inRoom(bob, room); // a browser that does not know of the invitation
    await again.close();
    await owner.close();
  });

  it('that was revoked lets in nobody', async () => {
    const room = await team.room(ada, 'Too late');
    const owner = await inRoom(ada, room);
    const link = new URL(await inviteAs(owner, 'editor'));
    await owner.page.getByRole('button', { name: /^Revoke invitation: Editor/ }).click();
    await owner.page.getByText('There are no invitations that could still be used.').waitFor();
    const guest = await bob.window(browser, link.pathname + link.hash);
    await guest.page.getByTestId('ended').waitFor();
    expect(await ada.must('GET', `/rooms/${room}/members`)).toHaveLength(1);
    await guest.close();
    await owner.close();
  });
});

describe('another person who signs in in the page', () => {
  async function signIn({ page }: Window, { login, password }: Person): Promise<void> {
    await page.getByLabel('Login').fill(login);
    await page.getByLabel('Password').fill(password);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  }

  async function endSessions(person: Person): Promise<void> {
    await person.must('POST', '/account/password', { old: person.password, new: person.password });
  }

  it('sends nothing that the former one typed, is shown it, and leaves it to the former one', async () => {
    const room = await team.room(ada, 'One desk, two people', { editor: bob });
    const proxy = await CuttableProxy.start(team.url);
    const desk = await inRoom(bob, room, proxy.url);
    await desk.type('saved. ');
    await untilStored(room, 'saved. ');
    await desk.untilSaved();
    proxy.cut();
    await desk.type('unsent. ');
    await desk.untilStatus(/^Offline, \d+ edits? kept$/);
    await endSessions(bob);
    proxy.mend();
    await desk.retryNow();
    await desk.page.getByText('You are not signed in any more. Your last edits are kept.').waitFor();
    await signIn(desk, ada);
    await desk.page.getByRole('heading', { name: 'You are Ada now' }).waitFor();
    await desk.shot('another-person');
    await desk.page.getByRole('button', { name: 'Copy or save main.py' }).click();
    await desk.shot('another-person-text');
    const unsent = desk.page.getByRole('textbox', { name: 'Text of main.py' });
    expect(await unsent.inputValue()).toBe('saved. unsent. ');
    const saving = desk.page.waitForEvent('download');
    await desk.page.getByRole('link', { name: 'Save as a file' }).click();
    expect((await saving).suggestedFilename()).toBe('main.py');
    await desk.page.getByRole('button', { name: 'Close' }).click();
    await desk.page.getByRole('button', { name: 'Enter as Ada' }).click();
    await desk.page.getByRole('button', { name: 'Account: Ada' }).waitFor();
    await desk.untilSaved();
    await desk.press('Control+Home');
    await desk.type('By Ada: ');
    await untilStored(room, 'By Ada: saved. ');
    await desk.page.getByRole('button', { name: /^Account: / }).click();
    await desk.page.getByRole('menuitem', { name: 'Sign out' }).click();
    await desk.page.waitForURL(`${proxy.url}/`); // the room, too, asks who is signed out to sign in
    await signIn(desk, bob);
    await desk.page.getByRole('link', { name: 'One desk, two people' }).click();
    await untilStored(room, 'By Ada: saved. unsent. ');
    const history = await ada.must<{ name: string }[]>('GET', `/rooms/${room}/files/main.py/history`);
    const authors = history.map(({ name }) => name);
    const afterAda = authors.slice(authors.lastIndexOf('Ada') + 1); // in one edit or in two
    expect([...new Set(afterAda)]).toEqual(['Bob']);
    await desk.close();
    await proxy.stop();
  });

  it('enters at once when nothing was unsent', async () => {
    const room = await team.room(ada, 'Nothing unsent', { viewer: bob });
    const desk = await inRoom(ada, room);
    await endSessions(ada);
    await desk.page.getByText('You are not signed in any more.').waitFor();
    await signIn(desk, bob);
    await desk.page.getByRole('button', { name: 'Account: Bob' }).waitFor();
    await desk.untilSaved();
    expect(await desk.page.getByTestId('role').textContent()).toBe('View only');
    await desk.close();
  });
});
