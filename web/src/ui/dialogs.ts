// The questions that interrupt: delete a file, save refused text, and the like.

import type { ConflictReason } from '../client/file-sync';
import { element } from './dom';
import { toast } from './toasts';

export function openDialog(...content: Node[]): HTMLDialogElement {
  const dialog = element('dialog', { class: 'dialog' }, ...content);
  dialog.addEventListener('close', () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

export function confirmDeletion(file: string, onConfirmed: () => void): void {
  confirmAction(`Delete ${file}?`, 'It goes away for everybody in the room.', 'Delete', onConfirmed, 'Keep it');
}

export function confirmAction(
  question: string,
  consequence: string,
  action: string,
  onConfirmed: () => void,
  otherwise = 'Cancel',
): void {
  const cancel = element('button', { class: 'button', type: 'button' }, otherwise);
  const confirm = element('button', { class: 'button danger', type: 'button' }, action);
  const dialog = openDialog(
    element('h2', {}, question),
    element('p', {}, consequence),
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
  forbidden: 'You may not write in this room any more.',
  'file-gone': 'Somebody deleted the file before your last edits were saved.',
};

/** The user's text that could not be saved, to be copied. */
export function showConflict(file: string, text: string, reason: ConflictReason): void {
  showUnsaved(file, text, `${CONFLICT_REASONS[reason]} This is the text as you had it:`);
}

export function showUnsaved(file: string, text: string, why: string): void {
  const area = element('textarea', { readonly: true, rows: '10', 'aria-label': `Text of ${file}` });
  area.value = text;
  const copy = element('button', { class: 'button primary', type: 'button' }, 'Copy the text');
  const close = element('button', { class: 'button', type: 'button' }, 'Close');
  const dialog = openDialog(
    element('h2', {}, `Not saved: ${file}`),
    element('p', {}, why),
    area,
    element('div', { class: 'dialog-actions' }, close, saveLink(file, text), copy),
  );
  close.addEventListener('click', () => dialog.close());
  copy.addEventListener('click', () => void copyText(text, area));
}

/** The address is good for as long as the page is there. */
function saveLink(file: string, text: string): HTMLAnchorElement {
  const href = URL.createObjectURL(new Blob([text], { type: 'text/plain' }));
  return element('a', { class: 'button', href, download: file.split('/').at(-1) ?? file }, 'Save as a file');
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
