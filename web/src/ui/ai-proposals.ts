// Asking for a change of a part of a file, and what comes of it: a diff, which a
// person takes over or not.

import { CarriedProposal } from '../ai/proposal';
import { apply, IDENTITY, type TextOp } from '../client/text-op';
import type { AiAction } from '../editor/ai-actions';
import { monaco } from '../editor/monaco';
import type { MonacoBinding } from '../editor/monaco-binding';
import type { AiProposal, Room } from '../room/api';
import { aiWords } from './ai-words';
import { openDialog } from './dialogs';
import { element } from './dom';
import { toast } from './toasts';

const NARROW_PX = 800;
const SYNC_STEP_MS = 20;
const LONGEST_SYNC_MS = 2_000;
const MAX_INSTRUCTION_LENGTH = 2_000;

/** What somebody wants to have done, and to which part: it stays that part while others write. */
class Wish {
  private readonly mark: string[];

  constructor(
    readonly binding: MonacoBinding,
    part: monaco.Range,
    readonly title: string,
  ) {
    const stickiness = monaco.editor.TrackedRangeStickiness.NeverGrowsWhenTypingAtEdges;
    this.mark = binding.model.deltaDecorations([], [{ range: part, options: { stickiness } }]);
  }

  get part(): monaco.Range {
    const { model } = this.binding;
    return model.getDecorationRange(this.mark[0] ?? '') ?? model.getFullModelRange();
  }

  get lines(): string {
    const { startLineNumber: first, endLineNumber: last } = this.part;
    return `${this.binding.file.name}, ${first === last ? `line ${first}` : `lines ${first} to ${last}`}`;
  }

  get characters(): readonly [number, number] {
    const { binding, part } = this;
    return [binding.characterAt(part.getStartPosition()), binding.characterAt(part.getEndPosition())];
  }

  end(): void {
    if (!this.binding.model.isDisposed()) this.binding.model.deltaDecorations(this.mark, []);
  }
}

interface Again {
  readonly wish: Wish;
  ask(): void;
}

/** The operations of a file after revision `from` up to `to`. */
export type HistoryReader = (file: string, from: number, to: number) => Promise<readonly TextOp[]>;

export class AiProposals {
  constructor(
    private readonly room: Room,
    private readonly history: HistoryReader,
  ) {}

  start(action: AiAction, binding: MonacoBinding, part: monaco.Range): void {
    const title = action.label.replace(/^AI: /, '').replace('…', '');
    const wish = new Wish(binding, part, title);
    if (action.instruction !== undefined) void this.ask(wish, action.instruction);
    else askForInstruction(wish, (instruction) => void this.ask(wish, instruction));
  }

  /** A proposal that came on its own. */
  show(proposal: AiProposal, binding: MonacoBinding): void {
    void this.showProposal(proposal, binding, undefined);
  }

  private async ask(wish: Wish, instruction: string): Promise<void> {
    const rev = await synchronised(wish.binding);
    if (rev === undefined) {
      wish.end();
      toast('Your last edits have not reached the server yet; try again.');
      return;
    }
    let isOver = false;
    const { dialog, say } = thinkingDialog(wish);
    const end = (then: () => void): void => {
      isOver = true;
      dialog.close();
      then();
    };
    const again = { wish, ask: () => void this.ask(wish, instruction) };
    const takeBack = this.room.ai.refactor(wish.binding.file, rev, wish.characters, instruction, {
      piece: say,
      answer: (proposal) => end(() => void this.showProposal(proposal, wish.binding, again)),
      failed: ({ message }) => end(() => {
        wish.end();
        toast(message);
      }),
    });
    dialog.addEventListener('close', () => {
      if (isOver) return;
      wish.end();
      takeBack();
    });
  }

  private async showProposal(proposal: AiProposal, binding: MonacoBinding, again: Again | undefined): Promise<void> {
    if (proposal.op.isIdentity) {
      again?.wish.end();
      showWords(proposal.summary);
      return;
    }
    const rev = await synchronised(binding, proposal.rev);
    const carried = new CarriedProposal(proposal.op);
    const stop = binding.onEdit((op) => carried.edited(op));
    if (rev !== undefined && (await this.carryTo(rev, proposal, binding, carried))) {
      new ProposalDialog(proposal.summary, binding, carried, again).whenClosed(stop);
    } else {
      stop();
      again?.wish.end();
      toast('The text has changed too much meanwhile; ask again.');
    }
  }

  /** Over what has been written since it was made: it may have lain in the chat for a while. */
  private async carryTo(
    rev: number, proposal: AiProposal, { file }: MonacoBinding, carried: CarriedProposal,
  ): Promise<boolean> {
    if (rev > proposal.rev) {
      carried.expectEarlier();
      const between = await this.history(file.name, proposal.rev, rev).catch(() => []);
      if (between.length !== rev - proposal.rev) return false;
      carried.earlierWere(between);
    }
    return carried.op !== undefined;
  }
}

class ProposalDialog {
  private readonly dialog: HTMLDialogElement;
  private readonly diff: monaco.editor.IStandaloneDiffEditor;

  constructor(
    summary: string,
    private readonly binding: MonacoBinding,
    private readonly carried: CarriedProposal,
    again: Again | undefined,
  ) {
    const frame = element('div', { class: 'ai-diff' });
    const accept = element('button', { class: 'button primary', type: 'button', onclick: () => this.accept() }, 'Accept');
    const reject = element('button', { class: 'button', type: 'button', onclick: () => this.dialog.close() }, 'Reject');
    const repeat = element('button', { class: 'button', type: 'button', hidden: again === undefined }, 'Ask again');
    this.dialog = openDialog(
      element('h2', {}, `Proposed change: ${binding.file.name}`),
      aiWords(summary),
      frame,
      element('div', { class: 'dialog-actions' }, reject, repeat, accept),
    );
    this.dialog.classList.add('ai-dialog', 'wide');
    let isAskedAgain = false;
    repeat.addEventListener('click', () => {
      isAskedAgain = true;
      this.dialog.close();
      again?.ask();
    });
    this.dialog.addEventListener('close', () => {
      if (!isAskedAgain) again?.wish.end();
    });
    this.diff = this.showDiff(frame);
    accept.focus();
  }

  whenClosed(then: () => void): void {
    this.dialog.addEventListener('close', () => {
      // A comparison that is under way does not bear that its texts go.
      if (this.diff.getLineChanges()) this.disposeDiff();
      else this.diff.onDidUpdateDiff(() => queueMicrotask(() => this.disposeDiff()));
      then();
    });
  }

  private disposeDiff(): void {
    const models = this.diff.getModel();
    this.diff.dispose();
    models?.original.dispose();
    models?.modified.dispose();
  }

  private showDiff(frame: HTMLElement): monaco.editor.IStandaloneDiffEditor {
    const language = this.binding.model.getLanguageId();
    const before = this.binding.model.getValue();
    const diff = monaco.editor.createDiffEditor(frame, {
      automaticLayout: true,
      readOnly: true,
      originalEditable: false,
      minimap: { enabled: false },
      scrollBeyondLastLine: false,
      renderSideBySide: window.innerWidth > NARROW_PX,
      hideUnchangedRegions: { enabled: true, contextLineCount: 3, minimumLineCount: 3 },
      renderOverviewRuler: false,
      ariaLabel: 'The change that is proposed',
    });
    diff.setModel({
      original: monaco.editor.createModel(before, language),
      modified: monaco.editor.createModel(apply(before, this.carried.op ?? IDENTITY), language),
    });
    return diff;
  }

  private accept(): void {
    const { op } = this.carried;
    this.dialog.close();
    if (!op || !this.binding.file.mayEdit) {
      toast(op ? 'You may not edit this file any more.' : 'The text has changed there meanwhile; ask again.');
      return;
    }
    this.binding.takeOver(op);
    toast('Taken over. Undo takes it back in one step.');
  }
}

/** The revision that the text is, once it is one, and not an earlier one than `least`. */
async function synchronised({ file }: MonacoBinding, least = 0): Promise<number | undefined> {
  for (let waited = 0; waited <= LONGEST_SYNC_MS; waited += SYNC_STEP_MS) {
    if (file.syncedRev !== undefined && file.syncedRev >= least) return file.syncedRev;
    await new Promise((resolve) => setTimeout(resolve, SYNC_STEP_MS));
  }
  return undefined;
}

/** What the model says while it says it. Closing it is taking the question back. */
function thinkingDialog(wish: Wish): { dialog: HTMLDialogElement; say: (piece: string) => void } {
  const said = element('pre', { class: 'ai-thinking', 'aria-live': 'polite' }, 'Waiting for the model…');
  const cancel = element('button', { class: 'button', type: 'button', onclick: () => dialog.close() }, 'Cancel');
  const dialog = openDialog(
    element('h2', {}, `${wish.title}: the model is thinking`),
    element('p', {}, wish.lines),
    said,
    element('div', { class: 'dialog-actions' }, cancel),
  );
  dialog.classList.add('ai-dialog');
  let text = '';
  const say = (piece: string): void => {
    text += piece;
    said.textContent = text;
    said.scrollTop = said.scrollHeight;
  };
  return { dialog, say };
}

function askForInstruction(wish: Wish, onSaid: (instruction: string) => void): void {
  const input = element('input', {
    'aria-label': 'What should be done',
    placeholder: 'e.g. split this function, use a dictionary',
    maxlength: String(MAX_INSTRUCTION_LENGTH),
    autocomplete: 'off',
  });
  const cancel = element('button', { class: 'button', type: 'button', onclick: () => dialog.close() }, 'Cancel');
  const ask = element('button', { class: 'button primary', type: 'submit' }, 'Ask');
  let isSaid = false;
  const form = element('form', {}, input, element('div', { class: 'dialog-actions' }, cancel, ask));
  const dialog = openDialog(element('h2', {}, 'What should be done?'), element('p', {}, wish.lines), form);
  dialog.classList.add('ai-dialog');
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    const instruction = input.value.trim();
    if (instruction === '') return;
    isSaid = true;
    dialog.close();
    onSaid(instruction);
  });
  dialog.addEventListener('close', () => {
    if (!isSaid) wish.end();
  });
  input.focus();
}

function showWords(text: string): void {
  const close = element('button', { class: 'button primary', type: 'button', onclick: () => dialog.close() }, 'Close');
  const actions = element('div', { class: 'dialog-actions' }, close);
  const dialog = openDialog(element('h2', {}, 'The model says'), aiWords(text), actions);
  dialog.classList.add('ai-dialog');
  close.focus();
}
