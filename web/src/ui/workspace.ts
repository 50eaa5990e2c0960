// The files of the room as the page holds them: all are followed (up to a
// limit), so that one sees where the others are; those that were looked at have
// a model; one is in the editor.

import { createCodeEditor, setEditorTheme } from '../editor/code-editor';
import { displayName, languageOf } from '../editor/languages';
import { monaco } from '../editor/monaco';
import { MonacoBinding } from '../editor/monaco-binding';
import { RemoteCarets } from '../editor/remote-carets';
import type { Peer, Room, RoomFile } from '../room/api';
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
  private readonly followed = new Map<string, Followed>();
  private current: string | undefined;
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
    room.on('fileRenamed', ({ from, to }) => this.renamed(from, to));
    room.on('fileRemoved', ({ file }) => this.drop(file));
    room.on('peers', (peers) => this.carets.setPeers(peers));
    room.on('readOnly', () => this.refreshReadOnly());
    room.on('conflict', ({ file, text, reason }) => showConflict(file, text, reason));
    this.carets.setPeers(room.peers);
    this.followFiles();
  }

  get currentFile(): string | undefined {
    return this.current;
  }

  get currentLanguage(): string {
    const model = this.editor.getModel();
    return model ? displayName(model.getLanguageId()) : '';
  }

  show(name: string): void {
    const next = this.follow(name);
    if (this.current === name && next.binding) return;
    this.leaveCurrent();
    this.current = name;
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
    const cursors = this.followed.get(name)?.file.cursors ?? [];
    return cursors.filter(({ ranges }) => ranges.length > 0).map(({ peer }) => peer);
  }

  /** To the peer's caret, in whichever file it is. */
  goTo(peer: Peer): void {
    for (const [name, { file }] of this.followed) {
      const range = file.cursors.find((cursor) => cursor.peer.site === peer.site)?.ranges[0];
      if (!range) continue;
      this.show(name);
      const position = this.followed.get(name)?.binding?.positionOf(range.head);
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

  private follow(name: string): Followed {
    const known = this.followed.get(name);
    if (known) return known;
    const file = this.room.open(name);
    const followed: Followed = { file, binding: undefined, viewState: null };
    this.followed.set(name, followed);
    file.on('cursors', (cursors) => {
      if (this.followed.get(this.current ?? '') === followed) this.carets.draw(cursors);
      this.listener.onPresence();
    });
    return followed;
  }

  private renamed(from: string, to: string): void {
    const followed = this.followed.get(from);
    if (!followed) return;
    this.followed.delete(from);
    this.followed.set(to, followed);
    const model = followed.binding?.model;
    if (model) monaco.editor.setModelLanguage(model, this.languageOf(to));
    if (this.current !== from) return;
    this.current = to;
    this.listener.onCurrent(to);
  }

  private drop(name: string): void {
    const followed = this.followed.get(name);
    this.followed.delete(name);
    if (this.current === name) {
      this.current = undefined;
      this.editor.setModel(null);
      const other = this.room.files.find(({ file }) => file !== name);
      if (other) this.show(other.file);
      else this.listener.onCurrent(undefined);
    }
    followed?.binding?.dispose();
    followed?.file.close();
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
    const left = this.followed.get(this.current ?? '');
    if (!left) return;
    left.viewState = this.editor.saveViewState();
    left.file.select([]);
  }

  private refreshReadOnly(): void {
    const binding = this.followed.get(this.current ?? '')?.binding;
    const isOpening = binding !== undefined && !binding.loaded;
    this.editor.updateOptions({
      readOnly: this.room.readOnly || isOpening,
      readOnlyMessage: { value: isOpening ? 'The file is being opened.' : 'The server cannot save at the moment.' },
    });
    if (this.current !== undefined) sessionStorage.setItem(this.lastFileKey, this.current);
    this.listener.onCaret();
  }

  private caretMoved(event: monaco.editor.ICursorPositionChangedEvent): void {
    const isJump = event.reason === monaco.editor.CursorChangeReason.Explicit;
    if (isJump) this.followed.get(this.current ?? '')?.binding?.endUndoGroup();
    this.listener.onCaret();
  }

  /** Told to the others when the caret rests, at most every few milliseconds. */
  private announceSelection(): void {
    this.selectionTimer ??= setTimeout(() => {
      this.selectionTimer = undefined;
      const shown = this.followed.get(this.current ?? '');
      if (shown?.binding?.loaded) shown.file.select(shown.binding.selections());
    }, SELECTION_PAUSE_MS);
  }
}
