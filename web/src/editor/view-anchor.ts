// Holds the view still while lines come and go above it: remembers the first
// visible line and how far it is scrolled, and brings it back.

import type { monaco } from './monaco';

export class ViewAnchor {
  readonly topPosition: monaco.IPosition;
  private readonly distance: number;

  constructor(private readonly editor: monaco.editor.IStandaloneCodeEditor) {
    const lineNumber = editor.getVisibleRanges()[0]?.startLineNumber ?? 1;
    this.topPosition = { lineNumber, column: 1 };
    this.distance = editor.getScrollTop() - editor.getTopForLineNumber(lineNumber);
  }

  /** `line`: where the line that was the first visible one is now. */
  restore(line: number): void {
    if (line === this.topPosition.lineNumber) return;
    this.editor.setScrollTop(this.editor.getTopForLineNumber(line) + this.distance);
  }
}
