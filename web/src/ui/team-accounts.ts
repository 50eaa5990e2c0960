// The team's accounts: add one, give it another role, keep it out, give it a new
// password. Passwords are shown to the admin once.

import type { Account, TenantAccount, TenantAccountChange, TenantRole } from '../account/types';
import { accounts } from './accounts';
import { element } from './dom';
import { actionForm, choice, field, loginInput, secretBox, textInput } from './forms';
import { ListView, row, rowButton, tag } from './list-section';
import { section } from './page-frame';
import { toast } from './toasts';
import { dateTime, explain, TENANT_ROLES } from './wording';

interface AccountsView {
  readonly own: Account;
  readonly made: HTMLElement; // where a new password is shown
  readonly list: ListView<TenantAccount>;
}

type Change = (what: TenantAccountChange) => Promise<void>;

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
  const login = loginInput();
  const name = textInput({ maxlength: '60' });
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
  const hint = 'is shown this once. It can be changed after signing in.';
  made.replaceChildren(secretBox(`Password of ${login}`, password, hint));
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
  const change: Change = async (what) => {
    showPassword(view.made, await accounts.changeTeamAccount(account.id, what));
    await view.list.refresh();
  };
  const buttons = isOwn ? [] : [resetButton(login, change), ableButton(account, change)];
  return row(account.name || login, details, roleChoice(account, change), ...buttons);
}

function roleChoice(account: TenantAccount, change: Change): HTMLSelectElement {
  const role = choice<TenantRole>(TENANT_ROLES, account.role, { class: 'small', 'aria-label': `Role of ${account.login}` });
  role.addEventListener('change', () => {
    change({ role: role.value }).catch((error: unknown) => {
      role.value = account.role;
      toast(explain(error));
    });
  });
  return role;
}

function resetButton(login: string, change: Change): HTMLButtonElement {
  return rowButton({
    text: 'New password',
    label: `New password for ${login}`,
    ask: {
      question: `New password for ${login}?`,
      consequence: 'The old one is not good any more, and all sessions end.',
      yes: 'Give a new one',
    },
    run: () => change({ reset_password: true }),
    onProblem: toast,
  });
}

function ableButton({ login, is_disabled: isDisabled }: TenantAccount, change: Change): HTMLButtonElement {
  const ask = {
    question: `Disable ${login}?`,
    consequence: 'They are signed out at once and cannot sign in. What they wrote stays.',
    yes: 'Disable',
  };
  return rowButton({
    text: isDisabled ? 'Enable' : 'Disable',
    label: `${isDisabled ? 'Enable' : 'Disable'} ${login}`,
    ...(isDisabled ? {} : { ask }),
    run: () => change({ is_disabled: !isDisabled }),
    onProblem: toast,
  });
}
