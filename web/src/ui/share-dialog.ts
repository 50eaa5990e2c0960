// Who may enter a room, and as what: its link, its sharing, members, invitations.
// Without accounts there are only the link and the invitations.

import type { Account, RoomInfo } from '../account/types';
import { accounts } from './accounts';
import { copyText, openDialog } from './dialogs';
import { element, iconButton } from './dom';
import { inviteList } from './invite-list';
import { section } from './page-frame';
import { accessSection, removalSection } from './share-access';
import { membersSection } from './share-members';

export interface ShareParts {
  readonly roomId: string;
  readonly account: Account | undefined; // undefined: a server without accounts
  readonly isOwner: boolean;
  readonly onRenamed?: (name: string) => void;
}

/** Throws when the room's sharing is not to be had. */
export async function openShareDialog(parts: ShareParts): Promise<HTMLDialogElement> {
  const { roomId, account } = parts;
  const room = account ? await accounts.room(roomId) : undefined;
  const close = iconButton('close', 'Close', () => dialog.close());
  const title = element('h2', { id: 'share-title' }, account ? `Share ${room?.name || 'this room'}` : 'Share this room');
  const dialog = openDialog(
    element('div', { class: 'dialog-head' }, title, close),
    linkSection(roomId, room),
    ...(account && room ? managedSections(parts, account, room, () => parts.isOwner && dialog.close()) : []),
    invitesSection(roomId),
    ...(account ? [removalSection(roomId, room?.name ?? '')] : []),
  );
  dialog.classList.add('share-dialog');
  dialog.setAttribute('aria-labelledby', 'share-title');
  return dialog;
}

function linkSection(roomId: string, room: RoomInfo | undefined): HTMLElement {
  const link = `${location.origin}/r/${encodeURIComponent(roomId)}`;
  const shown = element('input', { class: 'secret', readonly: true, value: link, 'aria-label': 'Link to this room' });
  const onclick = (): void => void copyText(link, shown);
  const copy = element('button', { class: 'button primary', type: 'button', onclick }, 'Copy link');
  const hint = room
    ? 'It lets in whoever may enter; an invitation lets in others.'
    : 'Whoever has the link can write in the room.';
  return section('Link', element('p', { class: 'hint' }, hint), element('div', { class: 'copy-row' }, shown, copy));
}

function managedSections(parts: ShareParts, account: Account, room: RoomInfo, onGivenUp: () => void): HTMLElement[] {
  return [
    accessSection(parts.roomId, room, parts.onRenamed ?? (() => {})),
    membersSection({ roomId: parts.roomId, own: account, isOwner: parts.isOwner, onGivenUp }),
  ];
}

function invitesSection(roomId: string): HTMLElement {
  return section(
    'Invitations',
    ...inviteList({
      hasRoles: true,
      list: () => accounts.roomInvites(roomId),
      create: (invite) => accounts.inviteToRoom(roomId, invite),
      revoke: (invite) => accounts.revokeRoomInvite(roomId, invite),
    }),
  );
}
