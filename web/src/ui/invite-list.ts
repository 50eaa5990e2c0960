// Invitations, to a room or to the team: make one, see and revoke those there
// are. A link is shown when it is made and never again.

import type { Invite, LinkRole, MadeInvite, NewInvite } from '../account/types';
import { element } from './dom';
import { actionForm, choice, field, secretBox, textInput } from './forms';
import { ListView, row, rowButton } from './list-section';
import { toast } from './toasts';
import { dateTime, DAY_S, LINK_ROLES, ROLE_NAMES } from './wording';

const LIFETIMES: readonly (readonly [string, string])[] = [
  [String(3600), '1 hour'],
  [String(DAY_S), '1 day'],
  [String(7 * DAY_S), '7 days'],
  [String(30 * DAY_S), '30 days'],
];
const ROLES = LINK_ROLES.map(([role]): [LinkRole, string] => [role, ROLE_NAMES[role]]);
const USUAL_LIFETIME = String(7 * DAY_S);

export interface InviteSource {
  readonly hasRoles: boolean;
  readonly list: () => Promise<Invite[]>;
  readonly create: (invite: NewInvite) => Promise<MadeInvite>;
  readonly revoke: (invite: number) => Promise<void>;
}

export function inviteList(source: InviteSource): HTMLElement[] {
  const list = new ListView<Invite>({
    label: 'Invitations',
    empty: 'There are no invitations that could still be used.',
    load: () => source.list(),
    row: (invite, view) => inviteRow(source, invite, view),
  });
  const made = element('div', { 'aria-live': 'polite' });
  return [creationForm(source, list, made), made, list.root];
}

function inviteRow(source: InviteSource, invite: Invite, list: ListView<Invite>): HTMLLIElement {
  const people = (count: number): string => `${count} ${count === 1 ? 'person' : 'people'}`;
  const title = invite.role ? (ROLE_NAMES[invite.role] ?? invite.role) : 'To sign up';
  const details = [
    invite.uses ? `used by ${invite.used} of ${people(invite.uses)}` : `used by ${people(invite.used)}`,
    `until ${dateTime(invite.expires_at)}`,
  ];
  const revoke = rowButton({
    text: 'Revoke',
    label: `Revoke invitation: ${title}, made ${dateTime(invite.created_at)}`,
    run: async () => {
      await source.revoke(invite.id);
      await list.refresh();
    },
    onProblem: toast,
  });
  return row(title, details, revoke);
}

function creationForm(source: InviteSource, list: ListView<Invite>, made: HTMLElement): HTMLElement {
  const role = choice(ROLES, 'editor');
  const lifetime = choice(LIFETIMES, USUAL_LIFETIME);
  const uses = textInput({ type: 'number', min: '1', max: '1000000', placeholder: 'Any number' });
  const fields = [
    ...(source.hasRoles ? [field('Role', role)] : []),
    field('Good for', lifetime),
    field('How many people', uses),
  ];
  return actionForm({
    name: 'New invitation',
    fields: [element('div', { class: 'field-row' }, ...fields)],
    button: 'Create invitation link',
    isMinor: true,
    run: async () => {
      const { url } = await source.create({
        ...(source.hasRoles ? { role: role.value } : {}),
        expires_in: Number(lifetime.value),
        ...(uses.value === '' ? {} : { uses: Number(uses.value) }),
      });
      made.replaceChildren(secretBox('Invitation link', url, 'is shown this once. Whoever has it may use it.'));
      await list.refresh();
    },
  });
}
