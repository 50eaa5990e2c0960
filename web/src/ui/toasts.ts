// Short messages that go away by themselves.

import { element } from './dom';

const SHOWN_MS = 6000;
const area = element('div', { class: 'toasts', role: 'status', 'aria-live': 'polite' });

export function toast(message: string): void {
  place();
  const shown = element('div', { class: 'toast' }, message);
  area.append(shown);
  setTimeout(() => shown.remove(), SHOWN_MS);
}

/** A dialog lies over everything that is not in it. */
function place(): void {
  const dialog = [...document.querySelectorAll('dialog[open]')].at(-1);
  const parent = dialog ?? document.body;
  if (area.parentElement === parent) return;
  parent.append(area);
  dialog?.addEventListener('close', () => document.body.append(area), { once: true });
}
