// The room's chat. What others write is shown as text only.

import { aiWords } from './ai-words';
import type { AiProposal, ChatMessage, Room } from '../room/api';
import { mayComment, mayEdit } from '../room/index';
import { element, icon } from './dom';

const MAX_MESSAGE_LENGTH = 2000;
const NEAR_END_PX = 80;
const ASSISTANT = 'Assistant';
const MENTION = '@assistant';
const LONGEST_WAIT_MS = 90_000;

export class ChatPanel {
  readonly root: HTMLElement;
  private readonly list = element('ol', { class: 'chat-list', role: 'log', 'aria-label': 'Messages', tabindex: '0' });
  private readonly input: HTMLInputElement;
  private readonly form: HTMLFormElement;
  private readonly readersNote = element('p', { class: 'chat-note' }, 'You may read along, but not write here.');
  private readonly ownOnTheirWay = new Map<number, HTMLElement>();
  private unread = 0;
  private readonly proposals = new Map<number, AiProposal>();
  private readonly mention: HTMLButtonElement;
  private readonly pending = element(
    'li', { class: 'chat-pending', role: 'status', hidden: true }, 'The assistant is thinking…',
  );
  private pendingTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly room: Room,
    private readonly isVisible: () => boolean,
    private readonly onUnread: (count: number) => void,
    private readonly onProposal: (proposal: AiProposal) => void,
  ) {
    this.input = element('input', {
      placeholder: 'Write a message',
      'aria-label': 'Message',
      maxlength: String(MAX_MESSAGE_LENGTH),
      autocomplete: 'off',
    });
    const send = element('button', { type: 'submit', class: 'icon-button', title: 'Send', 'aria-label': 'Send' }, icon('send'));
    this.mention = element(
      'button',
      { type: 'button', class: 'chat-mention', title: 'Ask the AI; it answers here', onclick: () => this.addMention() },
      MENTION,
    );
    this.form = element('form', { class: 'chat-form', onsubmit: (event) => this.submit(event) }, this.mention, this.input, send);
    this.input.addEventListener('keydown', (event) => this.completeMention(event));
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
    room.ai.on('state', () => this.refreshForm());
    room.ai.on('proposal', (proposal) => this.proposed(proposal));
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
    this.mention.hidden = !this.mayAskAssistant;
  }

  private submit(event: Event): void {
    event.preventDefault();
    const text = this.input.value.trim();
    if (text === '') return;
    this.input.value = '';
    this.room.say(text);
    if (text.includes(MENTION) && this.mayAskAssistant) this.waitForAssistant(true);
  }

  // --- the assistant ------------------------------------------------------------

  private get mayAskAssistant(): boolean {
    return this.room.ai.state.can.has('chat') && mayEdit(this.room.role);
  }

  private addMention(): void {
    if (!this.input.value.includes(MENTION)) this.input.value = `${MENTION} ${this.input.value}`;
    this.input.focus();
  }

  /** Tab behind a begun mention. */
  private completeMention(event: KeyboardEvent): void {
    const begun = /(^|\s)(@[a-z]*)$/.exec(this.input.value)?.[2];
    if (event.key !== 'Tab' || event.shiftKey || begun === undefined) return;
    if (!this.mayAskAssistant || !MENTION.startsWith(begun)) return;
    event.preventDefault();
    this.input.value = `${this.input.value.slice(0, -begun.length)}${MENTION} `;
  }

  private waitForAssistant(isWaiting: boolean): void {
    clearTimeout(this.pendingTimer);
    this.pending.hidden = !isWaiting;
    if (!isWaiting) return;
    this.list.append(this.pending);
    this.scrollToEnd();
    this.pendingTimer = setTimeout(() => this.waitForAssistant(false), LONGEST_WAIT_MS);
  }

  private proposed(proposal: AiProposal): void {
    if (proposal.chat === undefined) return;
    this.proposals.set(proposal.chat, proposal);
    const item = this.list.querySelector(`[data-n="${proposal.chat}"]`);
    item?.append(this.proposalButton(proposal));
    this.scrollToEnd();
  }

  private proposalButton(proposal: AiProposal): HTMLElement {
    const onclick = (): void => this.onProposal(proposal);
    return element('button', { class: 'button small', type: 'button', onclick }, `Show the change of ${proposal.file}`);
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
    if (isAssistants(message)) this.waitForAssistant(false);
    this.list.append(this.item(message));
    if (!this.pending.hidden) this.list.append(this.pending);
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
      { class: ['chat-message', ...kindsOf(message)].join(' ') },
      element('div', { class: 'chat-meta' }, name, time),
      isAssistants(message) ? aiWords(message.text) : element('p', {}, message.text),
    );
    if (message.n !== undefined) item.dataset['n'] = String(message.n);
    const proposal = message.n === undefined ? undefined : this.proposals.get(message.n);
    if (proposal) item.append(this.proposalButton(proposal));
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

function kindsOf(message: ChatMessage): string[] {
  const kinds = { own: message.own, 'on-its-way': message.n === undefined, assistant: isAssistants(message) };
  return Object.entries(kinds).filter(([, isOne]) => isOne).map(([kind]) => kind);
}

/** A person of that name has a site. */
function isAssistants({ name, own, site }: ChatMessage): boolean {
  return !own && name === ASSISTANT && site === undefined;
}

function emptyHint(mayWrite: boolean): HTMLElement {
  const hint = mayWrite ? 'No messages yet. Say hello, or paste a link.' : 'No messages yet.';
  return element('li', { class: 'chat-empty' }, hint);
}
