// The two questions that interrupt: delete a file, and save refused text.

import type { ConflictReason } from '../client/file-sync';
import { element } from './dom';
import { toast } from './toasts';

function openDialog(...content: Node[]): HTMLDialogElement {
  const dialog = element('dialog', { class: 'dialog' }, ...content);
  dialog.addEventListener('close', () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

export function confirmDeletion(file: string, onConfirmed: () => void): void {
  const cancel = element('button', { class: 'button', type: 'button' }, 'Keep it');
  const confirm = element('button', { class: 'button danger', type: 'button' }, 'Delete');
  const dialog = openDialog(
    element('h2', {}, `Delete ${file}?`),
    element('p', {}, 'It goes away for everybody in the room.'),
    element('div', { class: 'dialog-actions' }, cancel, confirm),
  );
  cancel.addEventListener('click', () => dialog.close());
  confirm.addEventListener('click', () => {
    dialog.close();
    onConfirmed();
  });
  cancel.focus();
}

const CONFLICT_REASONS: Record<ConflictReason, string> = {
  refused: 'The server did not accept the last edits.',
  'too-large': 'The last edit was larger than the server takes.',
  forbidden: 'You may read this room, but not write in it.',
  'file-gone': 'Somebody deleted the file before your last edits were saved.',
};

/** The user's text that could not be saved, to be copied. */
export function showConflict(file: string, text: string, reason: ConflictReason): void {
  const area = element('textarea', { readonly: true, rows: '10', 'aria-label': 'Your text' });
  area.value = text;
  const copy = element('button', { class: 'button primary', type: 'button' }, 'Copy the text');
  const close = element('button', { class: 'button', type: 'button' }, 'Close');
  const dialog = openDialog(
    element('h2', {}, `Not saved: ${file}`),
    element('p', {}, `${CONFLICT_REASONS[reason]} This is the text as you had it:`),
    area,
    element('div', { class: 'dialog-actions' }, close, copy),
  );
  close.addEventListener('click', () => dialog.close());
  copy.addEventListener('click', () => void copyText(text, area));
}

/** Without a secure context there is no clipboard: then the text is selected. */
export async function copyText(text: string, shown: HTMLInputElement | HTMLTextAreaElement): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    toast('Copied.');
  } catch {
    shown.focus();
    shown.select();
    toast('Press Ctrl+C to copy.');
  }
}

export function shareLink(link: string): void {
  const field = element('input', { readonly: true, value: link, 'aria-label': 'Link to this room' });
  const copy = element('button', { class: 'button primary', type: 'button' }, 'Copy link');
  const close = element('button', { class: 'button', type: 'button' }, 'Close');
  const offerField = (): void => {
    const dialog = openDialog(
      element('h2', {}, 'Share this room'),
      element('p', {}, 'Whoever has the link can write in the room.'),
      field,
      element('div', { class: 'dialog-actions' }, close, copy),
    );
    close.addEventListener('click', () => dialog.close());
    copy.addEventListener('click', () => void copyText(link, field));
    field.select();
  };
  if (!navigator.clipboard) {
    offerField();
    return;
  }
  navigator.clipboard
    .writeText(link)
    .then(() => toast('Link copied. Whoever has it can write in the room.'))
    .catch(offerField);
}
