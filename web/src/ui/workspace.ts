// The files of the room as the page holds them: all are followed (up to a
// limit), so that one sees where the others are; those that were looked at have
// a model; one is in the editor.

import { createCodeEditor, setEditorTheme } from '../editor/code-editor';
import { displayName, languageOf } from '../editor/languages';
import { monaco } from '../editor/monaco';
import { MonacoBinding } from '../editor/monaco-binding';
import { RemoteCarets } from '../editor/remote-carets';
import type { Peer, Room, RoomFile } from '../room/api';
import { mayEdit } from '../room/index';
import { showConflict } from './dialogs';
import { currentTheme, onThemeChange } from './theme';
import { toast } from './toasts';

const MAX_FOLLOWED_FILES = 30;
const SELECTION_PAUSE_MS = 50;

export interface WorkspaceListener {
  /** Another file is shown, or none, or it has another name. */
  readonly onCurrent: (file: string | undefined) => void;
  /** Somebody has gone to another file. */
  readonly onPresence: () => void;
  /** The caret or the text has moved. */
  readonly onCaret: () => void;
}

interface Followed {
  readonly file: RoomFile;
  binding: MonacoBinding | undefined;
  viewState: monaco.editor.ICodeEditorViewState | null;
}

export class Workspace {
  readonly editor: monaco.editor.IStandaloneCodeEditor;
  private readonly carets: RemoteCarets;
  private readonly followed = new Set<Followed>();
  private current: Followed | undefined;
  private wanted: string | undefined; // a file that was created here and is still on its way
  private selectionTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly room: Room,
    parent: HTMLElement,
    private readonly listener: WorkspaceListener,
  ) {
    this.editor = createCodeEditor(parent, currentTheme());
    this.carets = new RemoteCarets(this.editor);
    onThemeChange(setEditorTheme);
    this.editor.onDidChangeCursorPosition((event) => this.caretMoved(event));
    this.editor.onDidChangeCursorSelection(() => this.announceSelection());
    room.on('files', () => this.followFiles());
    room.on('fileRenamed', ({ to }) => this.renamed(to));
    room.on('peers', (peers) => this.carets.setPeers(peers));
    room.on('readOnly', () => this.refreshReadOnly());
    room.on('role', () => this.roleChanged());
    room.on('conflict', ({ file, text, reason }) => showConflict(file, text, reason));
    this.carets.setPeers(room.peers);
    this.followFiles();
  }

  get currentFile(): string | undefined {
    return this.current?.file.name;
  }

  get currentLanguage(): string {
    const model = this.editor.getModel();
    return model ? displayName(model.getLanguageId()) : '';
  }

  /** The binding of the file that is shown, or of a model. */
  bindingOf(model: monaco.editor.ITextModel | null = this.editor.getModel()): MonacoBinding | undefined {
    return [...this.followed].find(({ binding }) => binding?.model === model)?.binding;
  }

  show(name: string): void {
    const next = this.follow(name);
    if (this.current === next && next.binding) return;
    this.leaveCurrent();
    this.current = next;
    next.binding ??= new MonacoBinding(
      next.file,
      this.editor,
      this.languageOf(name),
      () => this.refreshReadOnly(),
    );
    this.editor.setModel(next.binding.model);
    if (next.viewState) this.editor.restoreViewState(next.viewState);
    this.carets.attach(next.binding);
    this.refreshReadOnly();
    this.announceSelection();
    this.listener.onCurrent(name);
  }

  create(name: string): void {
    this.wanted = this.room.connection.kind === 'online' ? name : undefined;
    this.room.createFile(name);
  }

  peersIn(name: string): Peer[] {
    const cursors = this.find(name)?.file.cursors ?? [];
    return cursors.filter(({ ranges }) => ranges.length > 0).map(({ peer }) => peer);
  }

  /** To the peer's caret, in whichever file it is. */
  goTo(peer: Peer): void {
    for (const { file } of this.followed) {
      const range = file.cursors.find((cursor) => cursor.peer.site === peer.site)?.ranges[0];
      if (!range) continue;
      this.show(file.name);
      const position = this.current?.binding?.positionOf(range.head);
      if (position) this.editor.setPosition(position);
      if (position) this.editor.revealPositionInCenter(position);
      this.editor.focus();
      return;
    }
    toast(`${peer.name} has no file open.`);
  }

  // --- files ------------------------------------------------------------------

  private followFiles(): void {
    for (const { file } of this.room.files) {
      if (this.followed.size < MAX_FOLLOWED_FILES) this.follow(file);
    }
    const names = this.room.files.map(({ file }) => file);
    if (this.wanted !== undefined && names.includes(this.wanted)) {
      this.show(this.wanted);
      this.wanted = undefined;
      this.editor.focus();
    } else if (this.current === undefined && names.length > 0) {
      const last = sessionStorage.getItem(this.lastFileKey) ?? '';
      this.show(names.includes(last) ? last : (names[0] as string));
    }
  }

  private find(name: string): Followed | undefined {
    return [...this.followed].find(({ file }) => file.name === name);
  }

  private follow(name: string): Followed {
    const known = this.find(name);
    if (known) return known;
    const file = this.room.open(name);
    const followed: Followed = { file, binding: undefined, viewState: null };
    this.followed.add(followed);
    file.on('gone', () => this.drop(followed));
    file.on('cursors', (cursors) => {
      if (this.current === followed) this.carets.draw(cursors);
      this.listener.onPresence();
    });
    return followed;
  }

  private renamed(to: string): void {
    const followed = this.find(to);
    const model = followed?.binding?.model;
    if (model) monaco.editor.setModelLanguage(model, this.languageOf(to));
    if (followed && followed === this.current) this.listener.onCurrent(to);
  }

  /** It is gone from the room. Another is shown when the list of files is told. */
  private drop(followed: Followed): void {
    this.followed.delete(followed);
    if (this.current === followed) {
      this.current = undefined;
      this.carets.attach(undefined);
      this.editor.setModel(null);
      this.listener.onCurrent(undefined);
    }
    followed.binding?.dispose();
  }

  // --- the editor -------------------------------------------------------------

  private get lastFileKey(): string {
    return `tandem.file:${location.pathname}`;
  }

  private languageOf(name: string): string {
    const told = this.room.files.find(({ file }) => file === name)?.language ?? '';
    return languageOf(name, told);
  }

  private leaveCurrent(): void {
    const left = this.current;
    if (!left) return;
    left.viewState = this.editor.saveViewState();
    left.file.select([]);
  }

  private refreshReadOnly(): void {
    const binding = this.current?.binding;
    const isOpening = binding !== undefined && !binding.loaded;
    this.editor.updateOptions({
      readOnly: this.room.readOnly || isOpening || !mayEdit(this.room.role),
      readOnlyMessage: { value: this.whyReadOnly(isOpening) },
    });
    this.editor.getContainerDomNode().setAttribute('aria-busy', String(isOpening));
    if (this.current) sessionStorage.setItem(this.lastFileKey, this.current.file.name);
    this.listener.onCaret();
  }

  private whyReadOnly(isOpening: boolean): string {
    if (!mayEdit(this.room.role)) return 'You may read this room, but not write in it.';
    return isOpening ? 'The file is being opened.' : 'The server cannot save at the moment.';
  }

  private roleChanged(): void {
    for (const { binding } of this.followed) binding?.mayEditChanged();
    this.refreshReadOnly();
  }

  private caretMoved(event: monaco.editor.ICursorPositionChangedEvent): void {
    const isJump = event.reason === monaco.editor.CursorChangeReason.Explicit;
    if (isJump) this.current?.binding?.endUndoGroup();
    this.listener.onCaret();
  }

  /** Told to the others when the caret rests, at most every few milliseconds. */
  private announceSelection(): void {
    this.selectionTimer ??= setTimeout(() => {
      this.selectionTimer = undefined;
      const shown = this.current;
      if (shown?.binding?.loaded) shown.file.select(shown.binding.selections());
    }, SELECTION_PAUSE_MS);
  }
}
