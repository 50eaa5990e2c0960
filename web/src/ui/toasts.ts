// Short messages that go away by themselves.

import { element } from './dom';

const SHOWN_MS = 6000;
const area = element('div', { class: 'toasts', role: 'status', 'aria-live': 'polite' });

export function toast(message: string): void {
  if (!area.isConnected) document.body.append(area);
  const shown = element('div', { class: 'toast' }, message);
  area.append(shown);
  setTimeout(() => shown.remove(), SHOWN_MS);
}
