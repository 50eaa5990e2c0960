// The page of one room: puts its parts together.

import { connectRoom } from '../room/index';
import { browserOptions } from '../room/browser';
import type { EndReason, Peer, Room } from '../room/api';
import { ChatPanel } from './chat-panel';
import { ConnectionView } from './connection-view';
import { element, iconButton } from './dom';
import { endedPage } from './ended-page';
import { FilePanel } from './file-panel';
import { ownName } from './identity';
import { forgetRoom, rememberRoom } from './recent-rooms';
import { roomHeader } from './room-header';
import { sidePanels, type SidePanels } from './side-panels';
import { toast } from './toasts';
import { Workspace } from './workspace';

export function showRoom(app: HTMLElement, roomId: string): void {
  document.title = 'tandem';
  const room = connectRoom(browserOptions(roomId, ownName()));
  const page = new RoomPage(room);
  app.replaceChildren(page.root);
  room.on('welcome', ({ roomName }) => {
    document.title = `${roomName || 'Untitled room'} · tandem`;
    rememberRoom(roomId, roomName);
  });
  room.on('connection', (state) => {
    if (state.kind !== 'ended') return;
    if (state.reason === 'no-such-room') forgetRoom(roomId);
    showEnd(app, state.reason);
  });
  room.on('notice', ({ message }) => toast(message));
  comeBackWhenPossible(room);
  room.connect();
}

function showEnd(app: HTMLElement, reason: EndReason): void {
  document.title = 'tandem';
  app.replaceChildren(endedPage(reason));
}

function comeBackWhenPossible(room: Room): void {
  const tryAgain = (): void => {
    if (!document.hidden && room.connection.kind === 'waiting') room.reconnectNow();
  };
  addEventListener('online', tryAgain);
  document.addEventListener('visibilitychange', tryAgain);
  addEventListener('beforeunload', (event) => {
    room.keepPending();
    if (room.pending > 0) event.preventDefault();
  });
  addEventListener('pagehide', () => room.keepPending());
}

class RoomPage {
  readonly root: HTMLElement;
  private readonly workspace: Workspace;
  private readonly files: FilePanel;
  private readonly panels: SidePanels;
  private readonly noFile = element('div', { class: 'no-file' }, element('p', {}, 'Loading…'));
  private readonly position = element('span', { 'data-testid': 'position' });
  private readonly language = element('span');
  private readonly fileName = element('span', { class: 'footer-file' });

  constructor(private readonly room: Room) {
    const connection = new ConnectionView(room);
    const editorArea = element('div', { class: 'editor' });
    this.files = new FilePanel(room, {
      onOpen: (file) => this.open(file),
      onCreate: (file) => this.workspace.create(file),
      peersIn: (file) => this.workspace?.peersIn(file) ?? [],
    });
    const badge = element('span', { class: 'badge', hidden: true });
    const chat = new ChatPanel(
      room,
      () => this.panels.isOpen('chat'),
      (count) => showUnread(badge, count),
    );
    const buttons = panelButtons(badge);
    this.panels = sidePanels(buttons, () => chat.markRead());
    addEventListener('focus', () => {
      if (this.panels.isOpen('chat')) chat.markRead();
    });
    const header = roomHeader(room, {
      status: connection.status,
      filesButton: buttons.files,
      chatButton: buttons.chat,
      onPeerClick: (peer) => this.goTo(peer),
    });
    const main = element('main', { class: 'editor-area', 'aria-label': 'Editor' }, editorArea, this.noFile);
    const footer = element('footer', { class: 'room-footer' }, this.fileName, this.position, this.language);
    this.root = element('div', { class: 'room' }, header, connection.banner, this.files.root, main, chat.root, footer);
    this.panels.attach(this.root);
    this.workspace = new Workspace(room, editorArea, {
      onCurrent: (file) => this.showCurrent(file),
      onPresence: () => this.files.refresh(),
      onCaret: () => this.showCaret(),
    });
    room.on('files', () => this.showCurrent(this.workspace.currentFile));
  }

  private open(file: string): void {
    this.workspace.show(file);
    this.panels.closeOverlay();
    this.workspace.editor.focus();
  }

  private goTo(peer: Peer): void {
    this.panels.closeOverlay();
    this.workspace.goTo(peer);
  }

  private showCurrent(file: string | undefined): void {
    this.files.setCurrent(file);
    this.fileName.textContent = file ?? '';
    this.noFile.hidden = file !== undefined;
    if (this.room.site !== undefined) {
      this.noFile.replaceChildren(
        element('h2', {}, 'No file open'),
        element('p', {}, 'Create a file with + in the list of files.'),
      );
    }
    this.showCaret();
  }

  private showCaret(): void {
    const position = this.workspace?.editor.getPosition();
    const text = position ? `Ln ${position.lineNumber}, Col ${position.column}` : '';
    this.position.textContent = text;
    this.language.textContent = this.workspace?.currentLanguage ?? '';
  }
}

function panelButtons(badge: HTMLElement): { files: HTMLButtonElement; chat: HTMLButtonElement } {
  const files = iconButton('files', 'Files', () => {});
  const chat = iconButton('chat', 'Chat', () => {});
  files.setAttribute('aria-controls', 'file-panel');
  chat.setAttribute('aria-controls', 'chat-panel');
  chat.append(badge);
  return { files, chat };
}

function showUnread(badge: HTMLElement, count: number): void {
  badge.hidden = count === 0;
  badge.textContent = count > 99 ? '99+' : String(count);
  badge.setAttribute('aria-label', `${count} unread`);
}
