// A room's members: add one by login, change a role, remove one, hand the room
// over.

import type { Account, Member } from '../account/types';
import type { Role } from '../room/roles';
import { accounts } from './accounts';
import { confirmAction } from './dialogs';
import { element } from './dom';
import { actionForm, choice, field, problemLine, textInput } from './forms';
import { ListView, row, rowButton, tag } from './list-section';
import { section } from './page-frame';
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
  const problem = problemLine();
  const list: ListView<Member> = new ListView({
    label: 'Members',
    empty: 'There are no members yet.',
    load: () => accounts.members(parts.roomId),
    row: (member) => memberRow(parts, member, act),
  });
  // What holds is shown, also when it was refused.
  const act: Act = async (action) => {
    problem.textContent = '';
    const isDone = await action.then(
      () => true,
      (error: unknown) => {
        problem.textContent = explain(error);
        return false;
      },
    );
    await list.refresh();
    return isDone;
  };
  return section('Members', additionForm(parts.roomId, list), problem, list.root);
}

function additionForm(roomId: string, list: ListView<Member>): HTMLElement {
  const login = textInput({ required: true, maxlength: '200', placeholder: 'ada@example.org', autocapitalize: 'none', spellcheck: 'false' });
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
  const { roomId, own, isOwner, onGivenUp } = parts;
  const isOwn = member.account === own.id;
  const actAndLeave = async (action: Promise<unknown>): Promise<void> => {
    if (await act(action)) onGivenUp();
  };
  const actOnThis = isOwn ? actAndLeave : act;
  const { name } = member;
  const role = choice<Role>(MEMBER_ROLES, member.role, { class: 'small', 'aria-label': `Role of ${name}` });
  role.addEventListener('change', () => void actOnThis(accounts.setMemberRole(roomId, member.account, role.value)));
  const removal = async (): Promise<void> => void (await actOnThis(accounts.removeMember(roomId, member.account)));
  const remove = isOwn
    ? rowButton('Leave', 'Leave the room', removal, () => {})
    : rowButton('Remove', `Remove ${name}`, removal, () => {});
  const handOver = element('button', { class: 'button small', type: 'button', 'aria-label': `Hand over to ${name}` }, 'Hand over');
  handOver.addEventListener('click', () => {
    confirmAction(`Hand the room over to ${name}?`, `${name} owns it from now on, and you are an editor.`, 'Hand over', () => {
      void actAndLeave(accounts.handOver(roomId, member.account));
    });
  });
  const details = [member.login ?? '', ...(isOwn ? [tag('You')] : [])];
  const mayBeGiven = isOwner && !isOwn && member.role !== 'owner';
  return row(name, details, role, ...(mayBeGiven ? [handOver] : []), remove);
}
