// The bar on top of a room: which room, is it saved, who is there, who am I.

import { inkOn } from '../editor/peer-colors';
import type { Peer, Room } from '../room/api';
import { brandMark, element, icon, iconButton } from './dom';
import { accountMenu } from './page-frame';
import type { Account } from '../account/types';
import { mayComment, mayEdit } from '../room/index';
import { ROLE_NAMES } from './wording';
import { initials, keepName, MAX_NAME_LENGTH } from './identity';
import { toggleTheme } from './theme';

const SHOWN_PEERS = 6;

export interface HeaderParts {
  readonly status: HTMLElement;
  readonly ai: HTMLElement;
  readonly filesButton: HTMLElement;
  readonly chatButton: HTMLElement;
  readonly onPeerClick: (peer: Peer) => void;
  readonly onShare: () => void;
  readonly onSignIn: (() => void) | undefined; // where a guest may
}

export interface RoomHeader {
  readonly root: HTMLElement;
  showName(name: string): void;
  showSharing(isPossible: boolean): void;
  showAccount(account: Account): void;
}

export function roomHeader(room: Room, parts: HeaderParts): RoomHeader {
  const title = element('h1', { class: 'room-name' }, room.roomName || 'Room');
  const peers = element('div', { class: 'peers', role: 'group', 'aria-label': 'In this room' });
  const showName = (name: string): void => void (title.textContent = name || 'Untitled room');
  room.on('welcome', ({ roomName }) => showName(roomName));
  const showPeers = (list: readonly Peer[]): void => {
    peers.replaceChildren(...peerButtons(list, parts.onPeerClick));
  };
  room.on('peers', showPeers);
  showPeers(room.peers);
  const who = element('span', { class: 'who' }, ...guestParts(room, parts.onSignIn));
  const share = shareButton(parts.onShare);
  const root = element(
    'header',
    { class: 'room-header' },
    parts.filesButton,
    element('a', { class: 'brand', href: '/', title: 'All rooms', 'aria-label': 'tandem: all rooms' }, brandMark()),
    title,
    roleTag(room),
    parts.status,
    element('span', { class: 'header-gap' }),
    parts.ai,
    peers,
    who,
    share,
    iconButton('theme', 'Switch between dark and light', toggleTheme),
    parts.chatButton,
  );
  return {
    root,
    showName,
    showSharing: (isPossible) => void (share.hidden = !isPossible),
    showAccount: (account) => who.replaceChildren(accountMenu(account)),
  };
}

function shareButton(onclick: () => void): HTMLButtonElement {
  const attributes = { class: 'button small primary share', type: 'button', hidden: true, 'aria-label': 'Share' };
  return element('button', { ...attributes, onclick }, icon('share'), element('span', {}, 'Share'));
}

/** A role is said when it does not allow everything that the page is made for. */
function roleTag(room: Room): HTMLElement {
  const shown = element('span', { class: 'tag own-role', 'data-testid': 'role' });
  const refresh = (): void => {
    shown.hidden = mayEdit(room.role);
    shown.textContent = mayComment(room.role) ? 'Comment only' : 'View only';
  };
  room.on('role', refresh);
  refresh();
  return shown;
}

function guestParts(room: Room, onSignIn: (() => void) | undefined): HTMLElement[] {
  if (!onSignIn) return [nameField(room)];
  return [nameField(room), element('button', { class: 'button small', type: 'button', onclick: onSignIn }, 'Sign in')];
}

function nameField(room: Room): HTMLElement {
  const field = element('input', {
    class: 'own-name',
    value: room.name,
    maxlength: String(MAX_NAME_LENGTH),
    'aria-label': 'Your name',
    title: 'Your name, as the others see it',
    autocomplete: 'nickname',
    spellcheck: 'false',
    onchange: () => {
      field.value = keepName(field.value);
      room.rename(field.value);
    },
    onkeydown: (event) => {
      if ((event as KeyboardEvent).key === 'Enter') field.blur();
    },
  });
  return element('span', { class: 'own-name-frame' }, field, icon('pencil'));
}

function peerButtons(peers: readonly Peer[], onClick: (peer: Peer) => void): HTMLElement[] {
  if (peers.length === 0) return [element('span', { class: 'alone' }, 'Only you here')];
  const buttons: HTMLElement[] = peers.slice(0, SHOWN_PEERS).map((peer) => {
    const button = element(
      'button',
      {
        type: 'button',
        class: 'avatar',
        'data-role': peer.role,
        title: `${peer.name}: go to the caret (${ROLE_NAMES[peer.role]})`,
        'aria-label': `${peer.name}: go to the caret (${ROLE_NAMES[peer.role]})`,
        onclick: () => onClick(peer),
      },
      initials(peer.name),
    );
    button.style.setProperty('--peer-color', peer.color);
    button.style.setProperty('--peer-ink', inkOn(peer.color));
    return button;
  });
  const rest = peers.slice(SHOWN_PEERS);
  if (rest.length > 0) {
    const names = rest.map(({ name, role }) => `${name} (${ROLE_NAMES[role]})`).join(', ');
    buttons.push(element('span', { class: 'avatar more', title: names }, `+${rest.length}`));
  }
  return buttons;
}
