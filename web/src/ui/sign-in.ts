// Signing in and signing up: a card that is shown wherever somebody must be
// known before it goes on.

import { browserPlace, forgetSignUpInvite, signUpInvite } from '../account/invite-link';
import type { Account, ServerInfo } from '../account/types';
import { accounts } from './accounts';
import { brandMark, element, iconButton } from './dom';
import { actionForm, field, loginInput, textInput } from './forms';
import { toggleTheme } from './theme';

const LEAST_PASSWORD = 10;
const LONGEST_PASSWORD = '200';

export interface SignInParts {
  readonly server: ServerInfo;
  readonly reason?: string | undefined; // why it is asked for
  readonly problem?: string | undefined; // what went wrong before
  readonly onSignedIn: (account: Account) => void;
}

/** A page of its own; the address stays what it is. */
export function signInPage(parts: SignInParts): HTMLElement {
  document.title = 'Sign in · tandem';
  const top = element(
    'header',
    { class: 'page-top' },
    element('a', { class: 'brand', href: '/', 'aria-label': 'tandem: start page' }, brandMark(), 'tandem'),
    iconButton('theme', 'Switch between dark and light', toggleTheme),
  );
  return element('div', { class: 'page sign-in-page' }, top, element('main', { class: 'sign-in' }, signInCard(parts)));
}

function signInCard(parts: SignInParts): HTMLElement {
  const { server } = parts;
  const invite = signUpInvite(browserPlace());
  const maySignUp = server.sign_up === 'open' || (server.sign_up === 'invited' && invite !== undefined);
  const card = element('div', { class: 'card sign-in-card' });
  const show = (signsUp: boolean): void => {
    const form = signsUp ? signUpForm(parts, invite) : signInForm(parts);
    const problem = problemBox(card.firstChild ? undefined : parts.problem); // news once
    form.addEventListener('submit', () => problem[0]?.remove());
    const other = element(
      'button',
      { class: 'link-button', type: 'button', onclick: () => show(!signsUp) },
      signsUp ? 'I have an account: sign in' : 'Create an account',
    );
    card.replaceChildren(...reasonLine(parts.reason), ...problem, form, ...(maySignUp ? [other] : []), ...providerButton(server));
    queueMicrotask(() => form.querySelector('input')?.focus());
  };
  show(maySignUp && invite !== undefined);
  return card;
}

function reasonLine(reason: string | undefined): HTMLElement[] {
  return reason === undefined ? [] : [element('p', { class: 'sign-in-reason', role: 'status' }, reason)];
}

function problemBox(problem: string | undefined): HTMLElement[] {
  return problem === undefined ? [] : [element('p', { class: 'sign-in-problem', role: 'alert' }, problem)];
}

/** Why is in the server's log alone: it may say too much of others. */
export function failedSignIn({ provider }: ServerInfo): string {
  const where = provider === null ? '' : ` with ${provider}`;
  return `Signing in${where} did not succeed. Try again, or ask whoever looks after this server.`;
}

function providerButton({ provider }: ServerInfo): HTMLElement[] {
  if (provider === null) return [];
  const href = `/auth/start?to=${encodeURIComponent(location.pathname)}`;
  return [
    element('p', { class: 'or', 'aria-hidden': 'true' }, 'or'),
    element('a', { class: 'button wide', href }, `Sign in with ${provider}`),
  ];
}

function signInForm({ onSignedIn }: SignInParts): HTMLFormElement {
  const login = loginInput({ name: 'login', autocomplete: 'username', placeholder: '' });
  const password = textInput({
    name: 'password',
    type: 'password',
    required: true,
    maxlength: LONGEST_PASSWORD,
    autocomplete: 'current-password',
  });
  return actionForm({
    title: 'Sign in',
    fields: [field('Login', login), field('Password', password)],
    button: 'Sign in',
    run: async () => {
      const account = await accounts.signIn(login.value.trim(), password.value).catch((error: unknown) => {
        password.select();
        throw wrongPassword(error);
      });
      onSignedIn(account);
    },
  });
}

function wrongPassword(error: unknown): unknown {
  const status = (error as { status?: number }).status;
  return status === 401 ? new Error('Login or password is wrong.') : error;
}

function signUpForm({ onSignedIn }: SignInParts, invite: string | undefined): HTMLFormElement {
  const login = loginInput({ name: 'login', autocomplete: 'username' });
  const name = textInput({ name: 'name', maxlength: '60', autocomplete: 'name' });
  const password = newPasswordInput();
  return actionForm({
    title: 'Create an account',
    fields: [
      field('Login (as a rule, your mail address)', login),
      field('Your name, as the others see it', name),
      field(`Password (at least ${LEAST_PASSWORD} characters)`, password),
    ],
    button: 'Create account',
    run: async () => {
      const account = await accounts.signUp({
        login: login.value.trim(),
        password: password.value,
        ...(name.value.trim() === '' ? {} : { name: name.value.trim() }),
        ...(invite === undefined ? {} : { invite }),
      });
      forgetSignUpInvite(browserPlace());
      onSignedIn(account);
    },
  });
}

export function newPasswordInput(): HTMLInputElement {
  return textInput({
    name: 'new-password',
    type: 'password',
    required: true,
    minlength: String(LEAST_PASSWORD),
    maxlength: LONGEST_PASSWORD,
    autocomplete: 'new-password',
  });
}
