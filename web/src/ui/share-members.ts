// A room's members: add one by login, change a role, remove one, hand the room
// over.

import type { Account, Member } from '../account/types';
import type { Role } from '../room/roles';
import { accounts } from './accounts';
import { actionForm, choice, field, loginInput } from './forms';
import { ListView, row, rowButton, tag } from './list-section';
import { section } from './page-frame';
import { toast } from './toasts';
import { explain, MEMBER_ROLES } from './wording';

interface MembersParts {
  readonly roomId: string;
  readonly own: Account;
  readonly isOwner: boolean;
  /** The user may not manage the room any more, as an owner at least. */
  readonly onGivenUp: () => void;
}

/** Whether it was done. */
type Act = (action: Promise<unknown>) => Promise<boolean>;

export function membersSection(parts: MembersParts): HTMLElement {
  const list: ListView<Member> = new ListView({
    label: 'Members',
    empty: 'There are no members yet.',
    load: () => accounts.members(parts.roomId),
    row: (member) => memberRow(parts, member, act),
  });
  // What holds is shown, also when it was refused.
  const act: Act = async (action) => {
    const isDone = await action.then(
      () => true,
      (error: unknown) => {
        toast(explain(error)); // the list may be scrolled anywhere
        return false;
      },
    );
    await list.refresh();
    return isDone;
  };
  return section('Members', additionForm(parts.roomId, list), list.root);
}

function additionForm(roomId: string, list: ListView<Member>): HTMLElement {
  const login = loginInput();
  const role = choice<Role>(MEMBER_ROLES, 'editor', { 'aria-label': 'Role of the new member' });
  return actionForm({
    name: 'Add a member',
    className: 'form one-line',
    fields: [field('Login of a new member', login), field('As', role)],
    button: 'Add member',
    isMinor: true,
    run: async () => {
      await accounts.addMember(roomId, login.value.trim(), role.value);
      login.value = '';
      await list.refresh();
    },
  });
}

function memberRow(parts: MembersParts, member: Member, act: Act): HTMLLIElement {
  const { roomId, own, isOwner } = parts;
  const isOwn = member.account === own.id;
  const role = choice<Role>(MEMBER_ROLES, member.role, { class: 'small', 'aria-label': `Role of ${member.name}` });
  role.addEventListener('change', () => {
    const change = act(accounts.setMemberRole(roomId, member.account, role.value));
    if (isOwn) void change.then((isDone) => isDone && parts.onGivenUp());
  });
  const details = [member.login ?? '', ...(isOwn ? [tag('You')] : [])];
  const mayBeGiven = isOwner && !isOwn && member.role !== 'owner';
  const handOver = mayBeGiven ? [handOverButton(parts, member, act)] : [];
  return row(member.name, details, role, ...handOver, removeButton(parts, member, act));
}

function removeButton(parts: MembersParts, { account, name }: Member, act: Act): HTMLButtonElement {
  const isOwn = account === parts.own.id;
  return rowButton({
    text: isOwn ? 'Leave' : 'Remove',
    label: isOwn ? 'Leave the room' : `Remove ${name}`,
    run: async () => {
      const isDone = await act(accounts.removeMember(parts.roomId, account));
      if (isDone && isOwn) parts.onGivenUp();
    },
    onProblem: () => {}, // `act` tells it
  });
}

function handOverButton(parts: MembersParts, { account, name }: Member, act: Act): HTMLButtonElement {
  return rowButton({
    text: 'Hand over',
    label: `Hand over to ${name}`,
    ask: {
      question: `Hand the room over to ${name}?`,
      consequence: `${name} owns it from now on, and you are an editor.`,
      yes: 'Hand over',
    },
    run: async () => {
      if (await act(accounts.handOver(parts.roomId, account))) parts.onGivenUp();
    },
    onProblem: () => {}, // `act` tells it
  });
}
