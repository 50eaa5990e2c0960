// The list of the room's files: open, create, rename, delete.

import type { Peer, Room } from '../room/api';
import { mayEdit } from '../room/index';
import { element, icon, iconButton } from './dom';
import { confirmDeletion } from './dialogs';

const MAX_FILE_NAME_LENGTH = 200;

export interface FilePanelActions {
  readonly onOpen: (file: string) => void;
  readonly onCreate: (file: string) => void;
  readonly peersIn: (file: string) => Peer[];
}

export class FilePanel {
  readonly root: HTMLElement;
  private readonly list = element('ul', { class: 'file-list' });
  private readonly add = iconButton('plus', 'New file', () => this.startEditing(''));
  private current: string | undefined;
  private shownLook = '';
  private editing: string | undefined; // the file whose name is being edited; '' for a new one

  constructor(
    private readonly room: Room,
    private readonly actions: FilePanelActions,
  ) {
    this.root = element(
      'nav',
      { class: 'panel file-panel', id: 'file-panel', 'aria-label': 'Files' },
      element('div', { class: 'panel-head' }, element('h2', {}, 'Files'), this.add),
      this.list,
    );
    room.on('files', () => this.refresh());
    room.on('role', () => this.roleChanged());
    this.refresh();
  }

  private get mayChange(): boolean {
    return mayEdit(this.room.role);
  }

  private roleChanged(): void {
    if (!this.mayChange) this.editing = undefined;
    this.refresh();
  }

  setCurrent(file: string | undefined): void {
    this.current = file;
    this.refresh();
  }

  /**
   * A name that is being written is left alone; and so is a list that would look
   * the same, or a click on it would be lost whenever somebody moves a caret.
   */
  refresh(): void {
    if (this.editing === undefined && this.look() !== this.shownLook) this.render();
  }

  /** All that the list shows. */
  private look(): string {
    const { files, site } = this.room;
    const rows = files.map(({ file }) => [file, this.actions.peersIn(file).map((peer) => peer.site)]);
    return JSON.stringify([rows, this.current, site === undefined, this.mayChange]);
  }

  private render(): void {
    this.shownLook = this.editing === undefined ? this.look() : '';
    this.add.hidden = !this.mayChange;
    const focused = (document.activeElement as HTMLElement | null)?.dataset['file'];
    const hadFocus = this.list.contains(document.activeElement);
    const items = this.room.files.map(({ file }) =>
      file === this.editing ? this.nameForm(file) : this.item(file),
    );
    if (this.editing === '') items.unshift(this.nameForm(''));
    if (items.length === 0) items.push(this.emptyHint());
    this.list.replaceChildren(...items);
    this.list.querySelector('input')?.select();
    if (!hadFocus || this.editing !== undefined) return;
    const again = [...this.list.querySelectorAll<HTMLElement>('.file-open')];
    again.find((button) => button.dataset['file'] === focused)?.focus();
  }

  private emptyHint(): HTMLElement {
    const hint = this.mayChange ? 'No files yet. Create one with +.' : 'No files yet.';
    return element('li', { class: 'file-empty' }, this.room.site === undefined ? 'Loading…' : hint);
  }

  private item(file: string): HTMLElement {
    const isCurrent = file === this.current;
    const open = element(
      'button',
      {
        type: 'button',
        class: 'file-open',
        title: file,
        'data-file': file,
        'aria-current': isCurrent ? 'true' : false,
        onclick: () => this.actions.onOpen(file),
        onkeydown: (event) => this.onKey(event as KeyboardEvent, file),
      },
      element('span', { class: 'file-name' }, file),
      ...this.actions.peersIn(file).map(peerDot),
    );
    return element(
      'li',
      { class: 'file' },
      open,
      ...(this.mayChange ? this.changeButtons(file) : []),
    );
  }

  private changeButtons(file: string): HTMLElement[] {
    return [
      iconButton('pencil', `Rename ${file}`, () => this.startEditing(file)),
      iconButton('trash', `Delete ${file}`, () => this.askToDelete(file)),
    ];
  }

  private onKey(event: KeyboardEvent, file: string): void {
    if (!this.mayChange) return;
    if (event.key === 'F2') this.startEditing(file);
    else if (event.key === 'Delete') this.askToDelete(file);
    else return;
    event.preventDefault();
  }

  private askToDelete(file: string): void {
    confirmDeletion(file, () => this.room.deleteFile(file));
  }

  private startEditing(file: string): void {
    this.editing = file;
    this.render();
  }

  private stopEditing(): void {
    if (this.editing === undefined) return;
    this.editing = undefined;
    this.render();
  }

  private nameForm(file: string): HTMLElement {
    const label = file === '' ? 'Name of the new file' : `New name of ${file}`;
    const input = element('input', {
      value: file,
      placeholder: 'src/main.py',
      maxlength: String(MAX_FILE_NAME_LENGTH),
      'aria-label': label,
      autocomplete: 'off',
      spellcheck: 'false',
    });
    const problem = element('p', { class: 'field-error', role: 'alert' });
    const submit = (event: Event): void => {
      event.preventDefault();
      problem.textContent = this.submitName(file, input.value.trim());
    };
    input.addEventListener('keydown', (event) => {
      if (event.key === 'Escape') this.stopEditing();
    });
    input.addEventListener('blur', () => this.stopEditing());
    return element(
      'li',
      {},
      element('form', { class: 'file-form', onsubmit: submit }, icon('files'), input),
      problem,
    );
  }

  /** Returns what is wrong with the name. */
  private submitName(old: string, name: string): string {
    if (name === '' || name === old) {
      this.stopEditing();
      return '';
    }
    if (this.room.files.some(({ file }) => file === name)) return `${name} exists already.`;
    if (old === '') this.actions.onCreate(name);
    else this.room.renameFile(old, name);
    this.stopEditing();
    return '';
  }
}

function peerDot(peer: Peer): HTMLElement {
  const dot = element('span', { class: 'peer-dot', title: peer.name, 'aria-label': `${peer.name} is here` });
  dot.style.setProperty('--peer-color', peer.color);
  return dot;
}
