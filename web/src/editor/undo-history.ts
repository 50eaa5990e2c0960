// What the user did, so that it can be taken back while others go on writing.
//
// Monaco's own undo stack remembers states of the text, and would take back the
// others' work with the user's. Here each entry is an operation that takes one
// group of the user's edits back, and is carried over every edit of the others.
//
// Invariants
//  1. The last entry of each stack is an operation on the text as it stands now;
//     each entry below is one on the text after the entry above it.
//  2. No entry removes a character that somebody else has written: an inverse
//     removes what the user inserted, and transforming adds nothing to remove.

import { compose, transform, type TextOp } from '../client/text-op';

const GROUP_PAUSE_MS = 500;
const MAX_GROUPS = 500;

export class UndoHistory {
  private readonly undoStack: TextOp[] = [];
  private readonly redoStack: TextOp[] = [];
  private lastEditAt = -Infinity;
  private groupIsOpen = false;

  constructor(private readonly now: () => number = () => performance.now()) {}

  /** The user's edit, as the operation that takes it back. */
  record(inverse: TextOp): void {
    const time = this.now();
    const group = this.undoStack.at(-1);
    if (group && this.groupIsOpen && time - this.lastEditAt <= GROUP_PAUSE_MS) {
      this.undoStack[this.undoStack.length - 1] = compose(inverse, group);
    } else {
      this.undoStack.push(inverse);
      if (this.undoStack.length > MAX_GROUPS) this.undoStack.shift();
    }
    this.redoStack.length = 0;
    this.lastEditAt = time;
    this.groupIsOpen = true;
  }

  endGroup(): void {
    this.groupIsOpen = false;
  }

  /** Somebody else's edit of the text as it stands. */
  remoteEdit(op: TextOp): void {
    carryOver(this.undoStack, op);
    carryOver(this.redoStack, op);
  }

  /** What undoes the last group; its own inverse goes to `undone`. */
  takeUndo(): TextOp | undefined {
    this.groupIsOpen = false;
    return takeEffective(this.undoStack);
  }

  undone(inverse: TextOp): void {
    this.redoStack.push(inverse);
  }

  takeRedo(): TextOp | undefined {
    this.groupIsOpen = false;
    return takeEffective(this.redoStack);
  }

  redone(inverse: TextOp): void {
    this.undoStack.push(inverse);
  }
}

function carryOver(stack: TextOp[], op: TextOp): void {
  let crossing = op;
  for (let i = stack.length - 1; i >= 0 && !crossing.isIdentity; i--) {
    const entry = stack[i] as TextOp;
    stack[i] = transform(entry, crossing, 'left');
    crossing = transform(crossing, entry, 'right');
  }
}

/** The last entry that still does something: the others may have removed all of a group. */
function takeEffective(stack: TextOp[]): TextOp | undefined {
  let op = stack.pop();
  while (op?.isIdentity) op = stack.pop();
  return op;
}
