// The team's page, for its admins: accounts, invitations, rooms, what happened.

import type { Account, TenantRoom } from '../account/types';
import { accounts } from './accounts';
import { element } from './dom';
import { inviteList } from './invite-list';
import { ListView, row, rowButton } from './list-section';
import { lockIcon, section } from './page-frame';
import { openShareDialog } from './share-dialog';
import { accountsSection } from './team-accounts';
import { auditSection } from './team-audit';
import { toast } from './toasts';
import { date, REMOVAL, VISIBILITIES } from './wording';

const PARTS: Record<string, { title: string; make: (account: Account) => HTMLElement }> = {
  accounts: { title: 'Accounts', make: accountsSection },
  invitations: { title: 'Invitations', make: invitesSection },
  rooms: { title: 'Rooms', make: roomsSection },
  audit: { title: 'Audit log', make: auditSection },
};

export function teamContent(account: Account): HTMLElement[] {
  if (account.tenant.role !== 'admin') {
    return [element('p', { class: 'lead', role: 'alert' }, `Only admins of ${account.tenant.name} see this page.`)];
  }
  const links = Object.entries(PARTS).map(([id, { title }]) => element('a', { href: `#${id}` }, title));
  const shown = element('div', {});
  const show = (): void => {
    const id = location.hash.slice(1) in PARTS ? location.hash.slice(1) : 'accounts';
    for (const link of links) {
      if (link.getAttribute('href') === `#${id}`) link.setAttribute('aria-current', 'page');
      else link.removeAttribute('aria-current');
    }
    shown.replaceChildren(PARTS[id]?.make(account) ?? '');
  };
  addEventListener('hashchange', show);
  show();
  return [
    element('p', { class: 'lead' }, account.tenant.name),
    element('nav', { class: 'tabs', 'aria-label': 'Parts of the team page' }, ...links),
    shown,
  ];
}

function invitesSection(): HTMLElement {
  const source = {
    hasRoles: false,
    list: () => accounts.teamInvites(),
    create: accounts.inviteToTeam.bind(accounts),
    revoke: (invite: number) => accounts.revokeTeamInvite(invite),
  };
  const hint = element('p', { class: 'hint' }, 'Whoever opens the link makes an account of their own in this team.');
  return section('Invitations', hint, ...inviteList(source));
}

function roomsSection(account: Account): HTMLElement {
  const list: ListView<TenantRoom> = new ListView({
    label: 'Rooms of the team',
    empty: 'The team has no rooms yet.',
    load: () => accounts.teamRooms(),
    row: (room, view) => roomRow(account, room, view),
  });
  const hint = element('p', { class: 'hint' }, 'You manage all of them; to read one you need a role in it.');
  return section('Rooms', hint, list.root);
}

function roomRow(account: Account, room: TenantRoom, list: ListView<TenantRoom>): HTMLLIElement {
  const name = room.name || 'Untitled room';
  const link = element('a', { href: `/r/${encodeURIComponent(room.room_id)}` }, name);
  const title = element('span', { class: 'room-link' }, link, ...(room.is_locked ? [lockIcon()] : []));
  const owners = room.owners.length > 0 ? `owned by ${room.owners.join(', ')}` : 'owned by nobody';
  const share = rowButton({
    text: 'Sharing',
    label: `Sharing of ${name}`,
    run: async () => {
      const dialog = await openShareDialog({ roomId: room.room_id, account, isOwner: false });
      dialog.addEventListener('close', () => void list.refresh());
    },
    onProblem: toast,
  });
  const details = [VISIBILITIES[room.visibility] ?? '', owners, `since ${date(room.created_at)}`];
  return row(title, details, share, removeButton(room.room_id, name, list));
}

function removeButton(roomId: string, name: string, list: ListView<TenantRoom>): HTMLButtonElement {
  return rowButton({
    text: 'Remove',
    label: `Remove ${name}`,
    ask: { question: `Remove ${name}?`, consequence: REMOVAL, yes: 'Remove' },
    run: async () => {
      await accounts.removeRoom(roomId);
      await list.refresh();
    },
    onProblem: toast,
  });
}
