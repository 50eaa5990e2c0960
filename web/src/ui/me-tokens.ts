// API tokens: for programs that act in one's name.

import type { Account, ApiToken, NewToken, Scope } from '../account/types';
import { accounts } from './accounts';
import { element } from './dom';
import { actionForm, field, secretBox, textInput, tick, ticked } from './forms';
import { roomIdFrom } from './landing';
import { ListView, row, rowButton } from './list-section';
import { section } from './page-frame';
import { toast } from './toasts';
import { date, dateTime, DAY_S, SCOPES } from './wording';

const USUAL_DAYS = 90;

export function tokensSection(account: Account): HTMLElement {
  const list = new ListView<ApiToken>({
    label: 'API tokens',
    empty: 'There are none. A token lets a program do what it says in your name.',
    load: () => accounts.tokens(),
    row: tokenRow,
  });
  const made = element('div', { 'aria-live': 'polite' });
  const hint = element('p', { class: 'hint' }, 'What a program may ask is on the page of the ', element('a', { href: '/docs' }, 'API'), '.');
  return section('API tokens', hint, list.root, made, creationForm(account, list, made));
}

function tokenRow(token: ApiToken, list: ListView<ApiToken>): HTMLLIElement {
  const revoke = rowButton({
    text: 'Revoke',
    label: `Revoke token ${token.name}`,
    ask: { question: `Revoke ${token.name}?`, consequence: 'Programs that use it are refused from now on.', yes: 'Revoke' },
    run: async () => {
      await accounts.revokeToken(token.id);
      await list.refresh();
    },
    onProblem: toast,
  });
  const details = [
    token.scopes.map((scope) => SCOPES[scope] ?? scope).join(', '),
    token.room_id ? `room ${token.room_id} only` : '',
    token.expires_at ? `until ${date(token.expires_at)}` : 'without an end',
    token.seen_at ? `last used ${dateTime(token.seen_at)}` : 'never used',
  ];
  return row(token.name, details, revoke);
}

function scopeTicks(account: Account): HTMLInputElement[] {
  const offered = (Object.keys(SCOPES) as Scope[]).filter((scope) => scope !== 'admin' || account.tenant.role === 'admin');
  return offered.map((scope) => tick(SCOPES[scope], scope === 'read', { value: scope }));
}

/** As a date field has it. */
function inDays(days: number): string {
  return new Date(Date.now() + days * DAY_S * 1000).toISOString().slice(0, 10);
}

function secondsUntilEndOf(day: string): number {
  const end = new Date(`${day}T23:59:59`).getTime();
  const seconds = Math.floor((end - Date.now()) / 1000);
  if (!(seconds > 0)) throw new Error('The end must lie in the future.');
  return seconds;
}

function creationForm(account: Account, list: ListView<ApiToken>, made: HTMLElement): HTMLElement {
  const name = textInput({ required: true, maxlength: '60', placeholder: 'Nightly backup' });
  const end = element('input', { type: 'date', required: true, value: inDays(USUAL_DAYS), min: inDays(0) });
  const room = textInput({ placeholder: 'All of them' });
  const scopes = scopeTicks(account);
  const read = (): NewToken => {
    const chosen = scopes.filter(({ checked }) => checked).map(({ value }) => value as Scope);
    if (chosen.length === 0) throw new Error('Choose what it is good for.');
    const wanted = room.value.trim();
    const id = roomIdFrom(wanted);
    if (wanted !== '' && id === undefined) throw new Error('That is neither a room’s link nor its id.');
    const limit = id === undefined ? {} : { room_id: id };
    return { name: name.value.trim(), scopes: chosen, expires_in: secondsUntilEndOf(end.value), ...limit };
  };
  const group = element('fieldset', { class: 'ticks' }, element('legend', {}, 'Good for'), ...scopes.map(ticked));
  const fields = [
    element(
      'div',
      { class: 'field-row' },
      field('What is it for?', name),
      field('Last day', end),
      field('Only this room (link or id)', room),
    ),
    group,
  ];
  return actionForm({
    title: 'New token',
    className: 'form inset',
    fields,
    button: 'Create token',
    run: async () => {
      const { token } = await accounts.createToken(read());
      made.replaceChildren(secretBox('New token', token, 'is shown this once. Keep it like a password.'));
      name.value = '';
      await list.refresh();
    },
  });
}
