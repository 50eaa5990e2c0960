// The start page of somebody who is signed in: the own rooms, and a new one.

import type { Account, OwnRoom } from '../account/types';
import { accounts } from './accounts';
import { element } from './dom';
import { actionForm, field, problemLine, textInput } from './forms';
import { joinForm } from './landing';
import { ListView, row, rowButton, tag } from './list-section';
import { lockIcon, section } from './page-frame';
import { forgetRoom, recentRooms } from './recent-rooms';
import { date, dateTime, ROLE_NAMES, VISIBILITIES } from './wording';

export function homeContent(account: Account): HTMLElement[] {
  const forms = element('div', { class: 'home-forms' }, creationForm(), joinForm());
  return [forms, roomsSection(account)];
}

function creationForm(): HTMLElement {
  const name = textInput({ maxlength: '60', placeholder: 'Parser rewrite' });
  return actionForm({
    title: 'New room',
    className: 'card',
    fields: [field('What is it about? (optional)', name)],
    button: 'Create room',
    run: async () => {
      const { room_id: room } = await accounts.createRoom(name.value.trim());
      location.assign(`/r/${room}`);
    },
  });
}

function roomsSection(account: Account): HTMLElement {
  const problem = problemLine();
  const visited = element('div', { class: 'visited' });
  const list: ListView<OwnRoom> = new ListView({
    label: 'My rooms',
    empty: 'You have no rooms yet. Create one, or ask for an invitation to one.',
    load: async () => {
      const rooms = await accounts.ownRooms();
      visited.replaceChildren(...visitedRooms(new Set(rooms.map(({ room_id }) => room_id))));
      return rooms;
    },
    row: (room, view) => roomRow(account, room, view, problem),
  });
  return element('div', { class: 'home-rooms' }, section('Rooms', problem, list.root), visited);
}

function roomRow(account: Account, room: OwnRoom, list: ListView<OwnRoom>, problem: HTMLElement): HTMLLIElement {
  const name = room.name || 'Untitled room';
  const title = element('a', { href: `/r/${encodeURIComponent(room.room_id)}` }, name);
  const heading = element('span', { class: 'room-link' }, title, ...(room.is_locked ? [lockIcon()] : []));
  const details = [
    tag(ROLE_NAMES[room.role] ?? room.role),
    VISIBILITIES[room.visibility] ?? '',
    `since ${date(room.created_at)}`,
  ];
  if (room.role === 'owner') return row(heading, details);
  const leave = rowButton({
    text: 'Leave',
    label: `Leave ${name}`,
    ask: { question: `Leave ${name}?`, consequence: 'To come back, somebody has to let you in again.', yes: 'Leave' },
    run: async () => {
      problem.textContent = '';
      await accounts.removeMember(room.room_id, account.id);
      forgetRoom(room.room_id);
      await list.refresh();
    },
    onProblem: (message) => (problem.textContent = message),
  });
  return row(heading, details, leave);
}

/** Rooms that are open to the team or by their link: one is no member of them. */
function visitedRooms(own: ReadonlySet<string>): HTMLElement[] {
  const rooms = recentRooms().filter(({ id }) => !own.has(id));
  if (rooms.length === 0) return [];
  const list = element('ul', { class: 'rows', 'aria-label': 'Visited rooms' });
  const whole = section('Visited before', list);
  for (const room of rooms) {
    const name = room.name || 'Untitled room';
    const link = element('a', { href: `/r/${encodeURIComponent(room.id)}` }, name);
    const onclick = (): void => {
      forgetRoom(room.id);
      item.remove();
      if (!list.firstChild) whole.remove();
    };
    const attributes = { class: 'button small', type: 'button', 'aria-label': `Forget ${name}` };
    const forget = element('button', { ...attributes, onclick }, 'Forget');
    const item = row(link, [dateTime(room.at)], forget);
    list.append(item);
  }
  return [whole];
}
