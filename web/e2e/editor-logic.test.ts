// The two halves of the binding that need no browser: conversion between
// Monaco's units and characters, and the undo history.

import { describe, expect, it } from 'vitest';
import { ChunkedText } from '../src/client/chunked-text';
import { apply, invert, replacement, type TextOp } from '../src/client/text-op';
import { changesToOp, differingPart, opToEdits } from '../src/editor/edit-conversion';
import { UndoHistory } from '../src/editor/undo-history';

describe('edit conversion', () => {
  it('makes one operation of several changes, given from the last to the first', () => {
    const before = new ChunkedText('a😀b\nc');
    const op = changesToOp(
      [
        { rangeOffset: 5, rangeLength: 1, text: 'C' },
        { rangeOffset: 1, rangeLength: 2, text: '' },
        { rangeOffset: 0, rangeLength: 0, text: '🙂' },
      ],
      before,
    ) as TextOp;
    expect(apply(before.toString(), op)).toBe('🙂ab\nC');
  });

  it('refuses half a character and text that may not be sent', () => {
    const before = new ChunkedText('a😀b');
    expect(changesToOp([{ rangeOffset: 2, rangeLength: 1, text: '' }], before)).toBeUndefined();
    expect(changesToOp([{ rangeOffset: 0, rangeLength: 0, text: '\ud83d' }], before)).toBeUndefined();
    expect(changesToOp([{ rangeOffset: 0, rangeLength: 0, text: 'a\0' }], before)).toBeUndefined();
  });

  it('gives back edits that do the same', () => {
    const before = new ChunkedText('😀 one 😀 two');
    const op = replacement(2, 3, 'eins');
    const [edit] = opToEdits(op, before);
    expect(edit).toEqual({ offset: 3, length: 3, text: 'eins' });
  });

  it('never cuts a pair when it looks for the difference', () => {
    expect(differingPart('😀', '😁')).toEqual({ offset: 0, length: 2, text: '😁' });
    expect(differingPart('aa', 'aaa')).toEqual({ offset: 2, length: 0, text: 'a' });
  });
});

/** A text with two writers, one of whom has the history. */
class Desk {
  text = '';
  time = 0;
  readonly history = new UndoHistory(() => this.time);

  mine(op: TextOp): void {
    this.time += 1000;
    this.history.record(invert(op, new ChunkedText(this.text)));
    this.text = apply(this.text, op);
  }

  theirs(op: TextOp): void {
    this.history.remoteEdit(op);
    this.text = apply(this.text, op);
  }

  undo(): boolean {
    const op = this.history.takeUndo();
    if (op) this.history.undone(this.travel(op));
    return op !== undefined;
  }

  redo(): boolean {
    const op = this.history.takeRedo();
    if (op) this.history.redone(this.travel(op));
    return op !== undefined;
  }

  private travel(op: TextOp): TextOp {
    const inverse = invert(op, new ChunkedText(this.text));
    this.text = apply(this.text, op);
    return inverse;
  }
}

describe('undo history', () => {
  it('groups what is typed without a pause', () => {
    const history = new UndoHistory(() => 0);
    history.record(invert(replacement(0, 0, 'a'), new ChunkedText('')));
    history.record(invert(replacement(1, 0, 'b'), new ChunkedText('a')));
    expect(apply('ab', history.takeUndo() as TextOp)).toBe('');
    expect(history.takeUndo()).toBeUndefined();
  });

  it('never removes what the other has written, and redo brings back all of mine', () => {
    let seed = 7;
    const random = (below: number): number => {
      seed = (seed * 1103515245 + 12345) % 2147483648;
      return Math.floor((seed / 2147483648) * below);
    };
    for (let round = 0; round < 300; round++) {
      const desk = new Desk();
      const count = (letter: string): number => desk.text.split(letter).length - 1;
      for (let step = 0; step < 20; step++) {
        const at = random(desk.text.length + 1);
        if (random(2) === 0) desk.mine(replacement(at, 0, 'm'));
        else desk.theirs(replacement(at, 0, 't'));
        if (random(4) === 0) desk.undo();
        if (random(4) === 0) desk.redo();
      }
      const [mine, theirs] = [count('m'), count('t')];
      while (desk.undo());
      expect([count('m'), count('t')]).toEqual([0, theirs]);
      while (desk.redo());
      expect(count('t')).toBe(theirs);
      expect(count('m')).toBeGreaterThanOrEqual(mine);
    }
  });
});
