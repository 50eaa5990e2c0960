// What MonacoBinding does, with a string in the place of Monaco: the user's
// changes, in UTF-16 units, become operations, and the others' operations become
// changes of the string.

import { ChunkedText } from '../../src/client/chunked-text';
import { diff } from '../../src/client/text-diff';
import type { TextOp } from '../../src/client/text-op';
import { changesToOp, opToEdits, type UnitChange } from '../../src/editor/edit-conversion';
import type { RoomFile } from '../../src/room/api';

export class ModelEditor {
  private shown = '';
  private index = new ChunkedText();
  private isLoaded = false;
  private readonly subscriptions: (() => void)[];

  constructor(readonly file: RoomFile, private readonly failed: (error: unknown) => void) {
    this.subscriptions = [
      file.on('text', ({ text }) => this.safely(() => this.show(text))),
      file.on('remote', ({ op }) => this.safely(() => this.remoteEdit(op))),
    ];
    if (file.isOpen) this.show(file.localText);
  }

  get text(): string {
    return this.shown;
  }

  get loaded(): boolean {
    return this.isLoaded;
  }

  dispose(): void {
    for (const unsubscribe of this.subscriptions) unsubscribe();
  }

  /** What is wrong between the string, its index and the file, if anything. */
  get fault(): string | undefined {
    if (!this.isLoaded) return undefined;
    const { localText } = this.file;
    if (this.shown !== localText) return `the editor shows "${this.shown}", the file is "${localText}"`;
    if (this.shown !== this.index.toString()) return 'the index is of another text';
    return undefined;
  }

  /** As Monaco reports them: apart from each other, from the last to the first. */
  userChanges(changes: readonly UnitChange[]): void {
    const op = changesToOp(changes, this.index);
    if (!op) throw new Error('a change that splits a character');
    for (const { rangeOffset, rangeLength, text } of changes) this.replace(rangeOffset, rangeLength, text);
    if (op.isIdentity) return;
    this.index.apply(op);
    this.file.edit(op);
  }

  /** A position in UTF-16 units as a character. */
  characterAt(offset: number): number {
    return this.index.toCodePoints(offset);
  }

  private show(text: string): void {
    const op = diff(this.index.toString(), text);
    if (!op.isIdentity) this.remoteEdit(op);
    this.isLoaded = true;
  }

  private remoteEdit(op: TextOp): void {
    const edits = opToEdits(op, this.index);
    for (const { offset, length, text } of edits.reverse()) this.replace(offset, length, text);
    this.index.apply(op);
  }

  private replace(offset: number, length: number, text: string): void {
    this.shown = this.shown.slice(0, offset) + text + this.shown.slice(offset + length);
  }

  private safely(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.failed(error);
    }
  }
}
