// The own account: name, password, where one is signed in, API tokens.

import type { Account, Session } from '../account/types';
import { accounts } from './accounts';
import { element } from './dom';
import { actionForm, field, textInput } from './forms';
import { MAX_NAME_LENGTH } from './identity';
import { ListView, row, rowButton, tag } from './list-section';
import { section } from './page-frame';
import { newPasswordInput } from './sign-in';
import { toast } from './toasts';
import { tokensSection } from './me-tokens';
import { date, dateTime } from './wording';

export function meContent(account: Account, changed: (account: Account) => void): HTMLElement[] {
  const role = account.tenant.role === 'admin' ? 'an admin' : 'a member';
  const who = element('p', { class: 'lead' }, `Signed in as ${account.login}, ${role} of ${account.tenant.name}.`);
  const sessions = sessionsList();
  return [who, nameSection(account, changed), passwordSection(sessions), sessionsSection(sessions), tokensSection(account)];
}

function nameSection(account: Account, changed: (account: Account) => void): HTMLElement {
  const name = textInput({ required: true, value: account.name, maxlength: String(MAX_NAME_LENGTH), autocomplete: 'name' });
  const form = actionForm({
    name: 'Change name',
    fields: [field('Your name, as the others see it', name)],
    button: 'Save name',
    run: async () => {
      const now = await accounts.setName(name.value.trim());
      name.value = now.name;
      changed(now);
      toast('Saved. Rooms show it the next time you enter them.');
    },
  });
  return section('Name', form);
}

function passwordSection(sessions: ListView<Session>): HTMLElement {
  const old = textInput({ type: 'password', required: true, autocomplete: 'current-password' });
  const next = newPasswordInput();
  const form = actionForm({
    name: 'Change password',
    fields: [field('Present password', old), field('New password (at least 10 characters)', next)],
    button: 'Change password',
    run: async () => {
      await accounts.changePassword(old.value, next.value);
      old.value = next.value = '';
      toast('Changed. All other sessions have ended.');
      await sessions.refresh();
    },
  });
  return section('Password', form);
}

function sessionsList(): ListView<Session> {
  return new ListView<Session>({
    label: 'Sessions',
    empty: 'There are none.',
    load: () => accounts.sessions(),
    row: sessionRow,
  });
}

function sessionRow(session: Session, list: ListView<Session>): HTMLLIElement {
  const what = describeAgent(session.agent);
  const details = [
    ...(session.is_current ? [tag('This one')] : []),
    session.address,
    `last seen ${dateTime(session.seen_at)}`,
    `since ${date(session.created_at)}`,
  ];
  const title = element('span', { title: session.agent }, what);
  if (session.is_current) return row(title, details);
  const end = rowButton({
    text: 'End',
    label: `End session: ${what}, ${session.address}`,
    run: async () => {
      await accounts.endSession(session.id);
      await list.refresh();
    },
    onProblem: toast,
  });
  return row(title, details, end);
}

function sessionsSection(sessions: ListView<Session>): HTMLElement {
  return section('Where you are signed in', sessions.root);
}

const BROWSERS: readonly (readonly [RegExp, string])[] = [
  [/Edg\//, 'Edge'],
  [/Firefox\//, 'Firefox'],
  [/Chrome\//, 'Chrome'],
  [/Safari\//, 'Safari'],
];

const SYSTEMS: readonly (readonly [RegExp, string])[] = [
  [/iPhone|iPad/, 'iOS'],
  [/Android/, 'Android'],
  [/Windows/, 'Windows'],
  [/Mac OS X/, 'macOS'],
  [/Linux/, 'Linux'],
];

/** A guess that helps to recognise it; the whole is in the title. */
export function describeAgent(agent: string): string {
  const find = (list: readonly (readonly [RegExp, string])[]): string | undefined =>
    list.find(([pattern]) => pattern.test(agent))?.[1];
  const [browser, system] = [find(BROWSERS), find(SYSTEMS)];
  if (browser === undefined) return agent.slice(0, 60) || 'Unknown program';
  return system === undefined ? browser : `${browser} on ${system}`;
}
