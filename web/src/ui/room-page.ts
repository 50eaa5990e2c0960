// The page of one room: puts its parts together.

import { browserPlace, forgetRoomInvite } from '../account/invite-link';
import type { Account, ServerInfo } from '../account/types';
import { parseOp } from '../client/text-op';
import { connectRoom, mayEdit } from '../room/index';
import { browserClock, browserOptions } from '../room/browser';
import type { AiProposal, EndReason, Peer, Role, Room } from '../room/api';
import { AiCompletions } from '../editor/ai-completions';
import { addAiActions } from '../editor/ai-actions';
import { AiProposals } from './ai-proposals';
import { accounts } from './accounts';
import { AiStateView } from './ai-state';
import { ChatPanel } from './chat-panel';
import { ConnectionView } from './connection-view';
import { element, iconButton } from './dom';
import { anotherPersonPage, endedPage } from './ended-page';
import { FilePanel } from './file-panel';
import { ownName } from './identity';
import { forgetRoom, rememberRoom } from './recent-rooms';
import { roomHeader, type RoomHeader } from './room-header';
import { RoomSharing } from './room-sharing';
import { sidePanels, type SidePanels } from './side-panels';
import { signInPage } from './sign-in';
import { toast } from './toasts';
import { Workspace } from './workspace';

/** Whom the server knows the user as. */
export interface Visitor {
  readonly server: ServerInfo;
  readonly account: Account | undefined;
  readonly invite: string | undefined;
}

export function showRoom(app: HTMLElement, roomId: string, { server, account, invite }: Visitor): void {
  document.title = 'tandem';
  const guise = { name: account?.name ?? ownName(), owner: account && ownerOf(account), token: invite };
  const room = connectRoom(browserOptions(roomId, guise));
  const page = new RoomPage(room, {
    roomId,
    server,
    askToSignIn: () => app.replaceChildren(signInPage({ server, onSignedIn: () => location.reload() })),
  });
  if (account) page.signedInAs(account);
  app.replaceChildren(page.root);
  room.on('welcome', ({ roomName }) => {
    page.showTitle(roomName);
    rememberRoom(roomId, roomName);
  });
  room.on('connection', (state) => {
    if (state.kind !== 'ended') return;
    if (state.reason === 'no-such-room') forgetRoom(roomId);
    if (state.reason === 'not-authenticated' && server.mode === 'accounts') askInPlace(app, server, page, room);
    else showEnd(app, server, page, room, state.reason);
  });
  room.on('notice', ({ code, message }) => {
    const isAboutInvite = code === 'invite_refused';
    if (isAboutInvite) forgetRoomInvite(browserPlace(), roomId);
    if (!isAboutInvite || !page.isSignedIn) toast(message); // it may have been the session that ended
  });
  comeBackWhenPossible(room);
  keepWhatIsPending(room, page);
  room.connect();
}

/** What is pending belongs to the account that typed it. */
function ownerOf({ id }: Account): string {
  return String(id);
}

/** The page waits with all that is in it, and goes on when somebody has signed in. */
function askInPlace(app: HTMLElement, server: ServerInfo, page: RoomPage, room: Room): void {
  const kept = room.pending > 0 ? ' Your last edits are kept.' : '';
  const reason = page.isSignedIn ? `You are not signed in any more.${kept}` : `Sign in to enter this room.${kept}`;
  const onSignedIn = (account: Account): void => {
    if (!room.signedIn(ownerOf(account))) {
      enterAnew(app, page, room, account);
      return;
    }
    room.rename(account.name);
    page.signedInAs(account);
    app.replaceChildren(page.root);
    page.showTitle(room.roomName);
    page.focusEditor();
  };
  app.replaceChildren(signInPage({ server, reason, onSignedIn }));
}

/** Another person than before: nothing of the former one's goes out any more. */
function enterAnew(app: HTMLElement, page: RoomPage, room: Room, now: Account): void {
  const { unsaved } = room;
  const onEnter = (): void => {
    page.mayBeLeft = true;
    location.reload();
  };
  if (unsaved.length === 0) onEnter();
  else app.replaceChildren(anotherPersonPage({ former: page.userName, now: now.name, unsaved, onEnter }));
}

function showEnd(app: HTMLElement, server: ServerInfo, page: RoomPage, room: Room, reason: EndReason): void {
  document.title = 'tandem';
  const mayHelp = server.mode === 'accounts' && !page.isSignedIn && (reason === 'no-such-room' || reason === 'forbidden');
  const onSignIn = (): void => app.replaceChildren(signInPage({ server, onSignedIn: () => location.reload() }));
  app.replaceChildren(endedPage(reason, { hasBeenIn: page.hasBeenIn, unsaved: room.unsaved, ...(mayHelp ? { onSignIn } : {}) }));
}

function comeBackWhenPossible(room: Room): void {
  const tryAgain = (): void => {
    if (!document.hidden && room.connection.kind === 'waiting') room.reconnectNow();
  };
  addEventListener('online', tryAgain);
  document.addEventListener('visibilitychange', tryAgain);
}

function keepWhatIsPending(room: Room, page: RoomPage): void {
  addEventListener('beforeunload', (event) => {
    room.keepPending();
    if (room.pending > 0 && !page.mayBeLeft) event.preventDefault();
  });
  addEventListener('pagehide', () => room.keepPending());
}

const ROLE_NEWS: Record<Role, string> = {
  viewer: 'You are a viewer now: you may read this room, but not write in it.',
  commenter: 'You are a commenter now: you may read and chat, but not edit.',
  editor: 'You are an editor now: you may write in this room.',
  owner: 'You own this room now.',
};

interface RoomPageParts {
  readonly roomId: string;
  readonly server: ServerInfo;
  readonly askToSignIn: () => void;
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
  private readonly header: RoomHeader;
  private readonly sharing: RoomSharing;
  private readonly ai: AiStateView;
  private readonly proposals: AiProposals;
  /** The user knows what is pending, and does not want to be asked. */
  mayBeLeft = false;
  private hasBeenIn_ = false;
  private account: Account | undefined;

  constructor(
    private readonly room: Room,
    private readonly parts: RoomPageParts,
  ) {
    const connection = new ConnectionView(room);
    this.ai = new AiStateView(room, parts.roomId);
    this.proposals = new AiProposals(room, async (file, from, to) => {
      const entries = await accounts.history(parts.roomId, file, from, to);
      return entries.map(({ op }) => parseOp(op));
    });
    const editorArea = element('div', { class: 'editor' });
    this.files = new FilePanel(room, {
      onOpen: (file) => this.open(file),
      onCreate: (file) => this.workspace.create(file),
      peersIn: (file) => this.workspace?.peersIn(file) ?? [],
    });
    const badge = element('span', { class: 'badge', hidden: true });
    const isChatShown = (): boolean => this.panels.isOpen('chat');
    const chat = new ChatPanel(room, isChatShown, (count) => showUnread(badge, count), (proposal) => this.showProposal(proposal));
    const buttons = panelButtons(badge);
    this.panels = sidePanels(buttons, () => chat.markRead());
    addEventListener('focus', () => {
      if (isChatShown()) chat.markRead();
    });
    this.header = this.makeHeader(connection, buttons);
    this.sharing = new RoomSharing(room, parts.roomId, parts.server, {
      onPossible: (isPossible) => this.header.showSharing(isPossible),
      onRenamed: (name) => this.showTitle(name),
    });
    const main = element('main', { class: 'editor-area', 'aria-label': 'Editor' }, editorArea, this.noFile);
    const footer = element('footer', { class: 'room-footer' }, this.fileName, this.position, this.language);
    const { root: header } = this.header;
    this.root = element('div', { class: 'room' }, header, connection.banner, this.files.root, main, chat.root, footer);
    this.panels.attach(this.root);
    this.workspace = new Workspace(room, editorArea, {
      onCurrent: (file) => this.showCurrent(file),
      onPresence: () => this.files.refresh(),
      onCaret: () => this.showCaret(),
    });
    this.connectAi(room);
    room.on('files', () => this.showCurrent(this.workspace.currentFile));
    room.on('role', ({ role }) => this.roleChanged(role));
    room.on('welcome', () => (this.hasBeenIn_ = true));
  }

  get hasBeenIn(): boolean {
    return this.hasBeenIn_;
  }

  get isSignedIn(): boolean {
    return this.account !== undefined;
  }

  get userName(): string {
    return this.account?.name ?? this.room.name;
  }

  signedInAs(account: Account): void {
    this.account = account;
    this.header.showAccount(account);
    this.sharing.signedInAs(account);
  }

  focusEditor(): void {
    this.workspace.editor.focus();
  }

  showTitle(roomName: string): void {
    document.title = `${roomName || 'Untitled room'} · tandem`;
    this.header.showName(roomName);
  }

  private makeHeader(connection: ConnectionView, buttons: ReturnType<typeof panelButtons>): RoomHeader {
    return roomHeader(this.room, {
      status: connection.status,
      ai: this.ai.root,
      filesButton: buttons.files,
      chatButton: buttons.chat,
      onPeerClick: (peer) => this.goTo(peer),
      onShare: () => this.sharing.open(),
      onSignIn: this.parts.server.mode === 'accounts' ? this.parts.askToSignIn : undefined,
    });
  }

  private connectAi(room: Room): void {
    const { workspace } = this;
    new AiCompletions({
      room,
      clock: browserClock,
      bindingOf: (model) => workspace.bindingOf(model),
      wantsGhostText: () => this.ai.wantsGhostText,
      onProblem: (why) => this.ai.setProblem(why),
      onBusy: (isBusy) => this.ai.setBusy(isBusy),
    });
    addAiActions(workspace.editor, room, (action, part) => {
      const binding = workspace.bindingOf();
      if (binding) this.proposals.start(action, binding, part);
    });
  }

  /** The assistant's, from the chat: in its file. */
  private showProposal(proposal: AiProposal): void {
    this.panels.closeOverlay();
    this.workspace.show(proposal.file);
    const binding = this.workspace.bindingOf();
    if (binding) this.proposals.show(proposal, binding);
  }

  /** What one enters with is said in the header; what changes afterwards is news. */
  private roleChanged(role: Role): void {
    this.showCurrent(this.workspace.currentFile);
    if (this.hasBeenIn_) toast(ROLE_NEWS[role]);
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
        ...(mayEdit(this.room.role) ? [element('p', {}, 'Create a file with + in the list of files.')] : []),
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
