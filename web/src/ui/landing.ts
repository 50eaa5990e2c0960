// The first page: open a room, join one, or go back to one.

import { brandMark, element, icon, iconButton } from './dom';
import { keepName, MAX_NAME_LENGTH, ownName } from './identity';
import { forgetRoom, recentRooms, type RecentRoom } from './recent-rooms';
import { toggleTheme } from './theme';

export async function createRoom(name: string): Promise<string> {
  const response = await fetch('/rooms', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(name ? { name } : {}),
  });
  const answer = (await response.json().catch(() => ({}))) as {
    room_id?: string;
    error?: { message?: string };
  };
  if (!response.ok || !answer.room_id) {
    throw new Error(answer.error?.message ?? `The server answered ${response.status}.`);
  }
  return answer.room_id;
}

/** The room of a pasted link, or the id itself. */
export function roomIdFrom(input: string): string | undefined {
  const text = input.trim();
  const linked = /\/r\/([^/?#\s]+)/.exec(text)?.[1];
  if (linked !== undefined) return linked;
  return /^[A-Za-z0-9_-]+$/.test(text) ? text : undefined;
}

/** A pasted link may have an invitation behind it. */
function inviteOf(input: string): string {
  return /#invite=[A-Za-z0-9._~-]+\s*$/.exec(input)?.[0].trim() ?? '';
}

export function showLanding(app: HTMLElement): void {
  document.title = 'tandem';
  const name = element('input', {
    id: 'own-name',
    value: ownName(),
    maxlength: String(MAX_NAME_LENGTH),
    autocomplete: 'nickname',
    onchange: () => (name.value = keepName(name.value)),
  });
  const top = element(
    'header',
    { class: 'landing-top' },
    element('span', { class: 'brand' }, brandMark(), 'tandem'),
    element('span', { class: 'header-gap' }),
    element('a', { href: '/docs' }, 'API'),
    iconButton('theme', 'Switch between dark and light', toggleTheme),
  );
  const intro = element(
    'div',
    { class: 'landing-intro' },
    element('h1', {}, 'Write code together.'),
    element('p', {}, 'One room, many carets. Share the link, and every keystroke is everyone’s; nothing leaves this server.'),
    element('label', { class: 'field', for: 'own-name' }, 'Your name, as the others see it', name),
  );
  const actions = element('div', { class: 'landing-actions' }, creationForm(), joinForm());
  const main = element('main', { class: 'landing-main' }, intro, actions);
  app.replaceChildren(element('div', { class: 'landing' }, top, main, recentList()));
}

function creationForm(): HTMLElement {
  const name = element('input', { id: 'room-name', maxlength: '60', placeholder: 'Parser rewrite', autocomplete: 'off' });
  const problem = element('p', { class: 'field-error', role: 'alert' });
  const button = element('button', { class: 'button primary', type: 'submit' }, 'Create room');
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    button.disabled = true;
    problem.textContent = '';
    try {
      location.assign(`/r/${await createRoom(name.value.trim())}`);
    } catch (error) {
      problem.textContent = `The room could not be created. ${(error as Error).message}`;
      button.disabled = false;
    }
  };
  return element(
    'form',
    { class: 'card', onsubmit: (event) => void submit(event) },
    element('h2', {}, 'New room'),
    element('label', { class: 'field', for: 'room-name' }, 'What is it about? (optional)', name),
    button,
    problem,
  );
}

export function joinForm(): HTMLElement {
  const link = element('input', { id: 'room-link', placeholder: `${location.origin}/r/…`, autocomplete: 'off' });
  const problem = element('p', { class: 'field-error', role: 'alert' });
  const submit = (event: Event): void => {
    event.preventDefault();
    const id = roomIdFrom(link.value);
    if (id) location.assign(`/r/${id}${inviteOf(link.value)}`);
    else problem.textContent = 'That is neither a room’s link nor its id.';
  };
  return element(
    'form',
    { class: 'card', onsubmit: submit },
    element('h2', {}, 'Join a room'),
    element('label', { class: 'field', for: 'room-link' }, 'Its link or id', link),
    element('button', { class: 'button', type: 'submit' }, 'Join'),
    problem,
  );
}

function recentList(): HTMLElement {
  const list = element('ul', { class: 'recent-list' });
  const section = element('section', { class: 'recent' }, element('h2', {}, 'Recent rooms'), list);
  const rooms = recentRooms();
  list.append(...rooms.map((room) => recentItem(room, section)));
  section.hidden = rooms.length === 0;
  return section;
}

function recentItem(room: RecentRoom, section: HTMLElement): HTMLElement {
  const when = new Date(room.at).toLocaleString([], { dateStyle: 'medium', timeStyle: 'short' });
  const item = element(
    'li',
    {},
    element(
      'a',
      { href: `/r/${encodeURIComponent(room.id)}` },
      element('strong', {}, room.name || 'Untitled room'),
      element('span', {}, when),
      icon('arrow'),
    ),
    iconButton('close', `Forget ${room.name || 'this room'}`, () => {
      forgetRoom(room.id);
      item.remove();
      section.hidden = recentRooms().length === 0;
    }),
  );
  return item;
}
