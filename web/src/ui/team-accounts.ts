// The team's accounts: add one, give it another role, keep it out, give it a new
// password. Passwords are shown to the admin once.

import type { Account, TenantAccount, TenantAccountChange, TenantRole } from '../account/types';
import { accounts } from './accounts';
import { confirmAction } from './dialogs';
import { element } from './dom';
import { actionForm, choice, field, secretBox, textInput } from './forms';
import { ListView, row, rowButton, tag } from './list-section';
import { section } from './page-frame';
import { toast } from './toasts';
import { dateTime, explain, TENANT_ROLES } from './wording';

interface AccountsView {
  readonly own: Account;
  readonly made: HTMLElement; // where a new password is shown
  readonly list: ListView<TenantAccount>;
}

export function accountsSection(own: Account): HTMLElement {
  const made = element('div', { 'aria-live': 'polite' });
  const list: ListView<TenantAccount> = new ListView({
    label: 'Accounts',
    empty: 'There are none.',
    load: () => accounts.teamAccounts(),
    row: (account, view) => accountRow(account, { own, made, list: view }),
  });
  return section('Accounts', additionForm({ own, made, list }), made, list.root);
}

function additionForm({ made, list }: AccountsView): HTMLElement {
  const login = textInput({ required: true, maxlength: '200', placeholder: 'ada@example.org', autocapitalize: 'none', spellcheck: 'false' });
  const name = textInput({ maxlength: '80' });
  const role = choice<TenantRole>(TENANT_ROLES, 'member');
  return actionForm({
    name: 'Add an account',
    fields: [element('div', { class: 'field-row' }, field('Login', login), field('Name', name), field('Role', role))],
    button: 'Add account',
    isMinor: true,
    run: async () => {
      const account = await accounts.addTeamAccount({
        login: login.value.trim(),
        role: role.value,
        ...(name.value.trim() === '' ? {} : { name: name.value.trim() }),
      });
      showPassword(made, account);
      login.value = name.value = '';
      await list.refresh();
    },
  });
}

function showPassword(made: HTMLElement, { login, password }: TenantAccount): void {
  if (password === undefined) return;
  made.replaceChildren(secretBox(`Password of ${login}`, password, 'is shown this once. It can be changed after signing in.'));
}

function accountRow(account: TenantAccount, view: AccountsView): HTMLLIElement {
  const isOwn = account.id === view.own.id;
  const { login } = account;
  const details = [
    login,
    ...(isOwn ? [tag('You')] : []),
    ...(account.is_disabled ? [tag('Disabled')] : []),
    account.seen_at ? `last seen ${dateTime(account.seen_at)}` : 'never signed in',
  ];
  const change = async (what: TenantAccountChange): Promise<void> => {
    showPassword(view.made, await accounts.changeTeamAccount(account.id, what));
    await view.list.refresh();
  };
  const reset = element('button', { class: 'button small', type: 'button', 'aria-label': `New password for ${login}` }, 'New password');
  reset.addEventListener('click', () => {
    confirmAction(`New password for ${login}?`, 'The old one is not good any more, and all sessions end.', 'Give a new one', () => {
      change({ reset_password: true }).catch((error: unknown) => toast(explain(error)));
    });
  });
  const able = account.is_disabled
    ? rowButton('Enable', `Enable ${login}`, () => change({ is_disabled: false }), toast)
    : disableButton(login, change);
  return row(account.name || login, details, roleChoice(account, change), ...(isOwn ? [] : [reset, able]));
}

function roleChoice(account: TenantAccount, change: (what: TenantAccountChange) => Promise<void>): HTMLSelectElement {
  const role = choice<TenantRole>(TENANT_ROLES, account.role, { class: 'small', 'aria-label': `Role of ${account.login}` });
  role.addEventListener('change', () => {
    change({ role: role.value }).catch((error: unknown) => {
      role.value = account.role;
      toast(explain(error));
    });
  });
  return role;
}

function disableButton(login: string, change: (what: TenantAccountChange) => Promise<void>): HTMLButtonElement {
  const button = element('button', { class: 'button small', type: 'button', 'aria-label': `Disable ${login}` }, 'Disable');
  button.addEventListener('click', () => {
    confirmAction(`Disable ${login}?`, 'They are signed out at once and cannot sign in. What they wrote stays.', 'Disable', () => {
      change({ is_disabled: true }).catch((error: unknown) => toast(explain(error)));
    });
  });
  return button;
}
