// Keeps a Monaco model and a RoomFile in step: the user's edits become
// operations, the others' operations become edits of the model.
//
// Invariants, whenever no method is running and `isDirty` is false
//  1. The model's text, `index` and the file's local text are the same.
//  2. What the binding itself does to the model is not reported as the user's.
//  3. Who may not edit cannot give the file the line ends that Monaco shows: then
//     `isAside`, and `index` is the text with these line ends, until
//     mayEditChanged() finds that it may be edited.

import { ChunkedText } from '../client/chunked-text';
import { diff } from '../client/text-diff';
import { endOfEdit, invert, transformPosition, type TextOp } from '../client/text-op';
import { sanitizeText } from '../client/unicode';
import type { RoomFile, Selection } from '../room/api';
import { changesToOp, differingPart, opToEdits, type UnitEdit } from './edit-conversion';
import { monaco } from './monaco';
import { UndoHistory } from './undo-history';
import { ViewAnchor } from './view-anchor';

type Editor = monaco.editor.IStandaloneCodeEditor;
type Model = monaco.editor.ITextModel;

// Others may keep writing `\r`, which Monaco cannot hold; it must not become a
// ping-pong between two clients.
const MAX_LINE_END_REPAIRS = 20;
const MAX_REMOTE_EDITS = 20;
const MAX_MARKS = 50;

/** A place in the text, in characters; see MonacoBinding.mark. */
export class Mark {
  private isOver = false;

  constructor(
    public character: number,
    private readonly positionOf: (character: number) => monaco.Position,
  ) {}

  move(op: TextOp): void {
    this.character = transformPosition(this.character, op);
  }

  end(): void {
    this.isOver = true;
  }

  position(): monaco.Position | undefined {
    return this.isOver ? undefined : this.positionOf(this.character);
  }
}

export class MonacoBinding {
  readonly model: Model;
  private index = new ChunkedText();
  private readonly history = new UndoHistory();
  private readonly subscriptions: (() => void)[] = [];
  private isApplying = false;
  private isDirty = false; // the model has text that no operation may hold
  private isLoaded = false;
  private isAside = false;
  private lineEndRepairs = 0;
  private readonly remoteEdits: { at: number; line: monaco.Range }[] = [];
  private readonly marks = new Set<Mark>();
  private readonly editListeners = new Set<(op: TextOp) => void>();

  constructor(
    readonly file: RoomFile,
    private readonly editor: Editor,
    language: string,
    private readonly onLoaded: () => void,
  ) {
    this.model = monaco.editor.createModel('', language);
    this.model.setEOL(monaco.editor.EndOfLineSequence.LF);
    // Every way to undo (keys, menu, palette) ends in these two methods.
    Object.assign(this.model, { undo: () => this.undo(), redo: () => this.redo() });
    const contentChanges = this.model.onDidChangeContent((event) => this.userChanged(event));
    this.subscriptions.push(
      () => contentChanges.dispose(),
      file.on('text', ({ text }) => this.show(text)),
      file.on('remote', ({ op }) => (this.isAside ? this.show(file.localText) : this.remoteEdit(op))),
    );
    if (file.isOpen) this.show(file.localText);
  }

  get loaded(): boolean {
    return this.isLoaded;
  }

  dispose(): void {
    for (const unsubscribe of this.subscriptions) unsubscribe();
    this.model.dispose();
  }

  /** The editor's selections, as the room counts them. */
  selections(): Selection[] {
    this.makeClean();
    return (this.editor.getSelections() ?? []).map((selection) => ({
      anchor: this.characterAt(selection.getSelectionStart()),
      head: this.characterAt(selection.getPosition()),
    }));
  }

  positionOf(character: number): monaco.Position {
    const within = Math.max(0, Math.min(character, this.index.length));
    return this.model.getPositionAt(this.index.toUtf16(within));
  }

  /** What could not be repaired before is repaired now. */
  mayEditChanged(): void {
    if (!this.isAside || !this.file.mayEdit) return;
    this.isAside = false;
    this.index = new ChunkedText(this.file.localText);
    this.repairLineEnds();
  }

  endUndoGroup(): void {
    this.history.endGroup();
  }

  undo(): void {
    const op = this.history.takeUndo();
    if (op) this.history.undone(this.travel(op));
  }

  redo(): void {
    const op = this.history.takeRedo();
    if (op) this.history.redone(this.travel(op));
  }

  // --- what the AI works with ---------------------------------------------------

  /** A place that stays where its text is, whatever others edit. It ends when the user edits. */
  mark(position: monaco.IPosition): Mark {
    const mark = new Mark(this.characterAt(position), (character) => this.positionOf(character));
    this.marks.add(mark);
    if (this.marks.size > MAX_MARKS) this.marks.delete(this.marks.values().next().value!);
    return mark;
  }

  /** Hears of every edit of the text, whoever made it. Returns what ends that. */
  onEdit(listener: (op: TextOp) => void): () => void {
    this.editListeners.add(listener);
    return () => void this.editListeners.delete(listener);
  }

  /** Whether somebody else has edited that line since. */
  othersEdited(line: number, since: number): boolean {
    return this.remoteEdits.some(({ at, line: edited }) =>
      at >= since && edited.startLineNumber <= line && line <= edited.endLineNumber);
  }

  /** A change that was proposed, as one edit of the user's: one undo takes it back. */
  takeOver(op: TextOp): void {
    this.makeClean();
    this.history.endGroup();
    this.history.record(invert(op, this.index));
    this.history.endGroup();
    this.applyToModel(op);
    this.userEdited(op);
    this.file.edit(op, true);
  }

  private userEdited(op: TextOp): void {
    for (const listener of this.editListeners) listener(op);
    for (const mark of this.marks) mark.end();
    this.marks.clear();
  }

  private noteRemoteEdit(op: TextOp): void {
    for (const mark of this.marks) mark.move(op);
    for (const listener of this.editListeners) listener(op);
    if (!this.isLoaded) return; // it is the file that comes, nobody's edit
    const line = monaco.Range.fromPositions(this.positionOf(endOfEdit(op)));
    this.remoteEdits.push({ at: Date.now(), line });
    if (this.remoteEdits.length > MAX_REMOTE_EDITS) this.remoteEdits.shift();
  }

  // --- from the room ----------------------------------------------------------

  private show(text: string): void {
    this.isDirty = false;
    const op = diff(this.index.toString(), this.isAside ? sanitizeText(text) : text);
    if (!op.isIdentity) this.remoteEdit(op);
    if (this.isLoaded) return;
    this.isLoaded = true;
    this.onLoaded();
  }

  private remoteEdit(op: TextOp): void {
    this.makeClean();
    const isShown = this.editor.getModel() === this.model;
    const anchor = isShown ? new ViewAnchor(this.editor) : undefined;
    const selections = isShown ? this.selections() : [];
    const topCharacter = anchor ? this.characterAt(anchor.topPosition) : 0;
    this.applyToModel(op);
    this.noteRemoteEdit(op);
    this.history.remoteEdit(op);
    if (anchor) {
      this.restoreSelections(selections, op);
      anchor.restore(this.positionOf(transformPosition(topCharacter, op)).lineNumber);
    }
    if (op.components.some(({ text }) => text.includes('\r'))) this.repairLineEnds();
  }

  private restoreSelections(old: readonly Selection[], op: TextOp): void {
    if (old.length === 0) return;
    const moved = old.map(({ anchor, head }) =>
      monaco.Selection.fromPositions(
        this.positionOf(transformPosition(anchor, op)),
        this.positionOf(transformPosition(head, op)),
      ),
    );
    const now = this.editor.getSelections() ?? [];
    const isSame =
      now.length === moved.length && moved.every((one, i) => one.equalsSelection(now[i]!));
    if (!isSame) this.editor.setSelections(moved, 'tandem.remote');
  }

  /** Monaco shows `\n` for any line end: the file gets what is shown. */
  private repairLineEnds(): void {
    if (this.lineEndRepairs++ >= MAX_LINE_END_REPAIRS) return;
    const text = this.index.toString();
    const op = diff(text, sanitizeText(text));
    this.index.apply(op);
    this.history.remoteEdit(op);
    if (this.file.mayEdit) this.file.edit(op);
    else this.isAside = true;
  }

  // --- from the user ----------------------------------------------------------

  private userChanged(event: monaco.editor.IModelContentChangedEvent): void {
    if (this.isApplying) return;
    const op =
      event.isFlush || this.isDirty ? undefined : changesToOp(event.changes, this.index);
    if (op) {
      this.commit(op);
      return;
    }
    this.isDirty = true;
    queueMicrotask(() => this.makeClean()); // not inside of Monaco's own edit
  }

  private commit(op: TextOp): void {
    if (op.isIdentity) return;
    this.history.record(invert(op, this.index));
    if (op.components.some(({ text }) => text.includes('\n'))) this.history.endGroup();
    this.index.apply(op);
    this.userEdited(op);
    this.file.edit(op);
  }

  /** Takes over what the model holds, without what no operation may hold. */
  private makeClean(): void {
    if (!this.isDirty || this.model.isDisposed()) return;
    this.isDirty = false;
    const shown = this.model.getValue();
    const wanted = sanitizeText(shown);
    if (wanted !== shown) this.editModel([differingPart(shown, wanted)]);
    this.commit(diff(this.index.toString(), wanted));
  }

  /** Applies an undo or redo; returns what takes it back. */
  private travel(op: TextOp): TextOp {
    this.makeClean();
    const inverse = invert(op, this.index);
    this.applyToModel(op);
    this.userEdited(op);
    this.file.edit(op);
    const caret = this.positionOf(endOfEdit(op));
    if (this.editor.getModel() === this.model) {
      this.editor.setPosition(caret, 'tandem.undo');
      this.editor.revealPositionInCenterIfOutsideViewport(caret);
    }
    return inverse;
  }

  // --- the model --------------------------------------------------------------

  characterAt(position: monaco.IPosition): number {
    return this.index.toCodePoints(this.model.getOffsetAt(position));
  }

  private applyToModel(op: TextOp): void {
    this.editModel(opToEdits(op, this.index));
    this.index.apply(op);
  }

  private editModel(edits: readonly UnitEdit[]): void {
    this.isApplying = true;
    try {
      this.model.applyEdits(
        edits.map(({ offset, length, text }) => ({
          range: monaco.Range.fromPositions(
            this.model.getPositionAt(offset),
            this.model.getPositionAt(offset + length),
          ),
          text,
        })),
      );
    } finally {
      this.isApplying = false;
    }
  }
}
