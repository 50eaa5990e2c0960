// The bar on top of a room: which room, is it saved, who is there, who am I.

import { inkOn } from '../editor/peer-colors';
import type { Peer, Room } from '../room/api';
import { brandMark, element, icon, iconButton } from './dom';
import { shareLink } from './dialogs';
import { initials, keepName, MAX_NAME_LENGTH } from './identity';
import { toggleTheme } from './theme';

const SHOWN_PEERS = 6;

export interface HeaderParts {
  readonly status: HTMLElement;
  readonly filesButton: HTMLElement;
  readonly chatButton: HTMLElement;
  readonly onPeerClick: (peer: Peer) => void;
}

export function roomHeader(room: Room, parts: HeaderParts): HTMLElement {
  const title = element('h1', { class: 'room-name' }, room.roomName || 'Room');
  const peers = element('div', { class: 'peers', role: 'group', 'aria-label': 'In this room' });
  room.on('welcome', ({ roomName }) => (title.textContent = roomName || 'Untitled room'));
  const showPeers = (list: readonly Peer[]): void => {
    peers.replaceChildren(...peerButtons(list, parts.onPeerClick));
  };
  room.on('peers', showPeers);
  showPeers(room.peers);
  const onShare = (): void => shareLink(`${location.origin}${location.pathname}`);
  return element(
    'header',
    { class: 'room-header' },
    parts.filesButton,
    element('a', { class: 'brand', href: '/', title: 'All rooms', 'aria-label': 'tandem: all rooms' }, brandMark()),
    title,
    parts.status,
    element('span', { class: 'header-gap' }),
    peers,
    nameField(room),
    element('button', { class: 'button small primary share', type: 'button', onclick: onShare }, icon('share'), element('span', {}, 'Share')),
    iconButton('theme', 'Switch between dark and light', toggleTheme),
    parts.chatButton,
  );
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
        title: `${peer.name}: go to the caret`,
        'aria-label': `${peer.name}: go to the caret`,
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
    const names = rest.map(({ name }) => name).join(', ');
    buttons.push(element('span', { class: 'avatar more', title: names }, `+${rest.length}`));
  }
  return buttons;
}
