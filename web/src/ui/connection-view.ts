// What the user must know at every moment: is the work saved, is the room there.
// The state is a short text in the header; trouble is a bar below it.

import type { Room } from '../room/api';
import { mayEdit } from '../room/index';
import { element } from './dom';

type Tone = 'good' | 'busy' | 'bad';

function editsKept(count: number): string {
  return `${count} ${count === 1 ? 'edit' : 'edits'} kept`;
}

function describeState(room: Room): [Tone, string] {
  const { kind } = room.connection;
  if (kind === 'ended') return ['bad', 'Disconnected'];
  if (kind !== 'online') {
    if (room.pending > 0) return ['bad', `Offline, ${editsKept(room.pending)}`];
    return kind === 'connecting' ? ['busy', 'Connecting…'] : ['bad', 'Offline'];
  }
  if (room.readOnly) {
    return ['bad', room.pending > 0 ? `Read-only, ${editsKept(room.pending)}` : 'Read-only'];
  }
  return room.pending > 0 ? ['busy', 'Saving…'] : ['good', 'All changes saved'];
}

export class ConnectionView {
  readonly status = element('span', { class: 'status', 'data-testid': 'status' });
  readonly banner = element('div', { class: 'banner', role: 'status' });
  private readonly bannerText = element('span');
  private readonly retry: HTMLButtonElement;
  private hasBeenOnline = false;

  constructor(private readonly room: Room) {
    const onclick = (): void => room.reconnectNow();
    this.retry = element('button', { class: 'button small', type: 'button', onclick }, 'Retry now');
    this.banner.append(this.bannerText, this.retry);
    for (const event of ['connection', 'pending', 'readOnly'] as const) {
      room.on(event, () => this.refresh());
    }
    setInterval(() => this.refreshBanner(), 500); // the seconds to the next try
    this.refresh();
  }

  private refresh(): void {
    const [tone, text] = describeState(this.room);
    this.status.dataset['tone'] = tone;
    if (this.status.textContent !== text) this.status.textContent = text;
    this.refreshBanner();
  }

  private refreshBanner(): void {
    const { connection } = this.room;
    if (connection.kind === 'online') this.hasBeenOnline = true;
    const text = this.bannerMessage();
    this.banner.hidden = text === '';
    this.retry.hidden = connection.kind !== 'waiting';
    if (this.bannerText.textContent !== text) this.bannerText.textContent = text;
  }

  private bannerMessage(): string {
    const { connection, pending, readOnly } = this.room;
    const canGoOn = mayEdit(this.room.role) ? 'you can go on writing.' : '';
    const kept = pending > 0 ? `your edits are kept (${pending} unsent).` : canGoOn;
    if (connection.kind === 'waiting') {
      const seconds = Math.max(1, Math.ceil((connection.retryAt - Date.now()) / 1000));
      return `Connection lost. Reconnecting in ${seconds} s … ${kept}`.trimEnd();
    }
    if (connection.kind === 'connecting' && this.hasBeenOnline) return `Reconnecting … ${kept}`.trimEnd();
    if (connection.kind === 'online' && readOnly) {
      return `The server cannot save at the moment. The room is read-only until it can${pending > 0 ? `; ${kept}` : '.'}`;
    }
    return '';
  }
}
