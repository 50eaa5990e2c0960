// What the pages of somebody who is signed in have in common: the bar on top,
// and that they ask for a sign-in when there is none, or none any more.

import { RestError } from '../account/rest';
import type { Account } from '../account/types';
import { accounts } from './accounts';
import { brandMark, element, icon, iconButton } from './dom';
import { initials } from './identity';
import { menuButton, type MenuItem } from './menu';
import { forgetAllRooms } from './recent-rooms';
import { signInPage } from './sign-in';
import { toggleTheme } from './theme';
import { toast } from './toasts';
import { explain } from './wording';

export interface SignedInPage {
  readonly title: string;
  /** `changed` tells the bar that the account has another name. */
  readonly content: (account: Account, changed: (account: Account) => void) => readonly HTMLElement[];
}

/** Shows the page to whoever is signed in, now or after signing in here; `problem`: of a sign-in before. */
export async function showSignedIn(app: HTMLElement, page: SignedInPage, problem?: string): Promise<void> {
  const server = await accounts.server();
  const show = (account: Account): void => {
    document.title = `${page.title} · tandem`;
    app.replaceChildren(frame(account, page));
  };
  const ask = (why: { reason?: string | undefined; problem?: string | undefined }): void => {
    app.replaceChildren(signInPage({ server, ...why, onSignedIn: show }));
  };
  accounts.onSignedOut(() => ask({ reason: 'You are not signed in any more.' }));
  const account = await accounts.account();
  if (!account) {
    ask({ problem });
    return;
  }
  show(account);
  if (problem !== undefined) toast(problem);
}

function frame(account: Account, { title, content }: SignedInPage): HTMLElement {
  const who = element('div', { class: 'who' }, accountMenu(account));
  const changed = (now: Account): void => who.replaceChildren(accountMenu(now));
  return framed(title, [who], account, content(account, changed));
}

/** A page below the bar; `who`: what the bar has of the user. */
export function framed(
  title: string,
  who: readonly HTMLElement[],
  account: Account | undefined,
  content: readonly HTMLElement[],
): HTMLElement {
  const home = account ? 'tandem: my rooms' : 'tandem: start page';
  const top = element(
    'header',
    { class: 'page-top' },
    element('a', { class: 'brand', href: '/', 'aria-label': home }, brandMark(), 'tandem'),
    ...(account ? [element('span', { class: 'team-name' }, account.tenant.name)] : []),
    element('span', { class: 'header-gap' }),
    ...who,
    iconButton('theme', 'Switch between dark and light', toggleTheme),
  );
  const main = element('main', { class: 'page-main' }, element('h1', {}, title), ...content);
  return element('div', { class: 'page' }, top, main);
}

export function accountMenu(account: Account): HTMLElement {
  const items: MenuItem[] = [
    { text: 'My rooms', href: '/' },
    { text: 'My account', href: '/me' },
    ...(account.tenant.role === 'admin' ? [{ text: 'Team', href: '/team' }] : []),
    { text: 'API', href: '/docs' },
    { text: 'Sign out', run: () => void signOut() },
  ];
  const face = [
    element('span', { class: 'avatar own-avatar', 'aria-hidden': 'true' }, initials(account.name)),
    element('span', { class: 'menu-name' }, account.name),
  ];
  return menuButton(face, `Account: ${account.name}`, items);
}

/** Others may use this browser next: what it remembers of rooms goes too. */
async function signOut(): Promise<void> {
  try {
    await accounts.signOut();
  } catch (error) {
    if (!(error instanceof RestError && error.status === 401)) {
      toast(explain(error));
      return;
    }
  }
  forgetAllRooms();
  location.assign('/');
}

/** A section with a heading; the heading names it. */
export function section(title: string, ...content: (HTMLElement | string)[]): HTMLElement {
  return element('section', { class: 'section', 'aria-label': title }, element('h2', {}, title), ...content);
}

/** When the server does not answer, there is nothing to show but that. */
export function unreachablePage(error: unknown): HTMLElement {
  const onclick = (): void => location.reload();
  return element(
    'main',
    { class: 'ended' },
    brandMark(),
    element('h1', {}, 'The server does not answer'),
    element('p', { role: 'alert' }, explain(error)),
    element(
      'div',
      { class: 'ended-actions' },
      element('button', { class: 'button primary', type: 'button', onclick }, 'Try again'),
    ),
  );
}

export function lockIcon(): HTMLElement {
  const attributes = { class: 'lock', role: 'img', 'aria-label': 'Locked', title: 'Locked: nobody edits' };
  return element('span', attributes, icon('lock'));
}
