// The room's chat. What others write is shown as text only.

import type { ChatMessage, Room } from '../room/api';
import { mayComment } from '../room/index';
import { element, icon } from './dom';

const MAX_MESSAGE_LENGTH = 2000;
const NEAR_END_PX = 80;

export class ChatPanel {
  readonly root: HTMLElement;
  private readonly list = element('ol', { class: 'chat-list', role: 'log', 'aria-label': 'Messages', tabindex: '0' });
  private readonly input: HTMLInputElement;
  private readonly form: HTMLFormElement;
  private readonly readersNote = element('p', { class: 'chat-note' }, 'You may read along, but not write here.');
  private readonly ownOnTheirWay = new Map<number, HTMLElement>();
  private unread = 0;

  constructor(
    private readonly room: Room,
    private readonly isVisible: () => boolean,
    private readonly onUnread: (count: number) => void,
  ) {
    this.input = element('input', {
      placeholder: 'Write a message',
      'aria-label': 'Message',
      maxlength: String(MAX_MESSAGE_LENGTH),
      autocomplete: 'off',
    });
    const send = element('button', { type: 'submit', class: 'icon-button', title: 'Send', 'aria-label': 'Send' }, icon('send'));
    this.form = element('form', { class: 'chat-form', onsubmit: (event) => this.submit(event) }, this.input, send);
    this.root = element(
      'aside',
      { class: 'panel chat-panel', id: 'chat-panel', 'aria-label': 'Chat' },
      element('div', { class: 'panel-head' }, element('h2', {}, 'Chat')),
      this.list,
      this.form,
      this.readersNote,
    );
    room.on('chat', (message) => this.receive(message));
    room.on('chatHistory', (messages) => this.showAll(messages));
    room.on('role', () => this.refreshForm());
    this.showAll(room.chat);
    this.refreshForm();
  }

  /** The panel has come into view. */
  markRead(): void {
    this.countUnread(0);
    this.scrollToEnd();
  }

  focus(): void {
    this.input.focus();
  }

  private refreshForm(): void {
    this.form.hidden = !mayComment(this.room.role);
    this.readersNote.hidden = !this.form.hidden;
  }

  private submit(event: Event): void {
    event.preventDefault();
    const text = this.input.value.trim();
    if (text === '') return;
    this.input.value = '';
    this.room.say(text);
  }

  private showAll(messages: readonly ChatMessage[]): void {
    this.ownOnTheirWay.clear();
    this.list.replaceChildren(...messages.map((message) => this.item(message)));
    if (messages.length === 0) this.list.append(emptyHint(mayComment(this.room.role)));
    this.scrollToEnd();
  }

  private receive(message: ChatMessage): void {
    const own = message.own && message.id !== undefined ? this.ownOnTheirWay.get(message.id) : undefined;
    if (own) {
      own.replaceWith(this.item(message));
      return;
    }
    this.list.querySelector('.chat-empty')?.remove();
    const isAtEnd = this.list.scrollHeight - this.list.scrollTop - this.list.clientHeight < NEAR_END_PX;
    this.list.append(this.item(message));
    if (isAtEnd || message.own) this.scrollToEnd();
    if (!message.own && !(this.isVisible() && document.hasFocus())) this.countUnread(this.unread + 1);
  }

  private item(message: ChatMessage): HTMLElement {
    const at = new Date(message.at);
    const time = element(
      'time',
      { datetime: at.toISOString(), title: at.toLocaleString() },
      at.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' }),
    );
    const peer = this.room.peers.find(({ name }) => !message.own && name === message.name);
    const name = element('span', { class: 'chat-name' }, message.own ? 'You' : message.name);
    const isOnItsWay = message.n === undefined;
    const item = element(
      'li',
      { class: `chat-message${message.own ? ' own' : ''}${isOnItsWay ? ' on-its-way' : ''}` },
      element('div', { class: 'chat-meta' }, name, time),
      element('p', {}, message.text),
    );
    if (peer) item.style.setProperty('--peer-color', peer.color);
    if (message.own && message.id !== undefined) {
      if (isOnItsWay) this.ownOnTheirWay.set(message.id, item);
      else this.ownOnTheirWay.delete(message.id);
    }
    return item;
  }

  private countUnread(count: number): void {
    this.unread = count;
    this.onUnread(count);
  }

  private scrollToEnd(): void {
    this.list.scrollTop = this.list.scrollHeight;
  }
}

function emptyHint(mayWrite: boolean): HTMLElement {
  const hint = mayWrite ? 'No messages yet. Say hello, or paste a link.' : 'No messages yet.';
  return element('li', { class: 'chat-empty' }, hint);
}
