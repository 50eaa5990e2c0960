// A room's name, who may enter it without being a member, and its lock. Each
// choice holds at once.

import type { LinkRole, RoomChange, RoomInfo, Visibility } from '../account/types';
import { accounts } from './accounts';
import { confirmAction } from './dialogs';
import { element } from './dom';
import { actionForm, choice, field, problemLine, textInput, tick, ticked } from './forms';
import { section } from './page-frame';
import { forgetRoom } from './recent-rooms';
import { toast } from './toasts';
import { explain, LINK_ROLES, REMOVAL, VISIBILITIES } from './wording';

export function accessSection(roomId: string, room: RoomInfo, onRenamed: (name: string) => void): HTMLElement {
  return section('Access', accessChoices(roomId, room), renameForm(roomId, room, onRenamed));
}

function accessChoices(roomId: string, room: RoomInfo): HTMLElement {
  const visibilities = Object.entries(VISIBILITIES) as [Visibility, string][];
  const visibility = choice(visibilities, room.visibility ?? 'private');
  const role = choice<LinkRole>(LINK_ROLES, room.link_role ?? 'viewer', { 'aria-label': 'Role of who enters so' });
  const lock = tick('Locked: nobody edits, editors may still chat', room.is_locked ?? false);
  const problem = problemLine();
  const roleField = field('As', role);
  const show = (now: RoomInfo): void => {
    visibility.value = now.visibility ?? 'private';
    role.value = now.link_role ?? 'viewer';
    lock.checked = now.is_locked ?? false;
    roleField.hidden = visibility.value === 'private';
  };
  let known = room;
  const change = async (what: RoomChange): Promise<void> => {
    problem.textContent = '';
    try {
      known = await accounts.changeRoom(roomId, what);
    } catch (error) {
      problem.textContent = explain(error);
    }
    show(known); // what holds, also when it was refused
  };
  visibility.addEventListener('change', () => void change({ visibility: visibility.value, link_role: role.value }));
  role.addEventListener('change', () => void change({ link_role: role.value }));
  lock.addEventListener('change', () => void change({ is_locked: lock.checked }));
  show(room);
  const who = element('div', { class: 'field-row' }, field('Who may enter', visibility), roleField);
  return element('div', { class: 'form' }, who, ticked(lock), problem);
}

function renameForm(roomId: string, room: RoomInfo, onRenamed: (name: string) => void): HTMLElement {
  const name = textInput({ value: room.name, required: true, maxlength: '60' });
  return actionForm({
    name: 'Rename the room',
    className: 'form one-line',
    fields: [field('Name of the room', name)],
    button: 'Rename',
    isMinor: true,
    run: async () => {
      const changed = await accounts.changeRoom(roomId, { name: name.value.trim() });
      onRenamed(changed.name);
      toast('Renamed.');
    },
  });
}

export function removalSection(roomId: string, name: string): HTMLElement {
  const remove = element('button', { class: 'button small', type: 'button' }, 'Remove the room…');
  remove.addEventListener('click', () => {
    confirmAction(`Remove ${name || 'this room'}?`, REMOVAL, 'Remove', () => {
      accounts.removeRoom(roomId).then(
        () => {
          forgetRoom(roomId);
          location.assign('/');
        },
        (error: unknown) => toast(explain(error)),
      );
    });
  });
  return element('div', { class: 'section-tools' }, remove);
}
