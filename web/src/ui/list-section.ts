// A list from the server: being loaded, empty, not to be had, or there.

import { confirmAction } from './dialogs';
import { element } from './dom';
import { explain } from './wording';

export interface ListParts<T> {
  readonly label: string; // of the list
  readonly empty: string;
  readonly load: () => Promise<readonly T[]>;
  readonly row: (item: T, list: ListView<T>) => HTMLElement;
}

export class ListView<T> {
  readonly root = element('div', { class: 'list-view', tabindex: '-1' });
  private asked = 0; // an answer that has been overtaken is not shown

  constructor(private readonly parts: ListParts<T>) {
    this.root.append(element('p', { class: 'list-note' }, 'Loading…'));
    void this.refresh();
  }

  async refresh(): Promise<void> {
    const asked = ++this.asked;
    try {
      const items = await this.parts.load();
      if (asked === this.asked) this.show(items);
    } catch (error) {
      if (asked === this.asked) this.fail(error);
    }
  }

  private show(items: readonly T[]): void {
    if (items.length === 0) {
      this.replace(element('p', { class: 'list-note' }, this.parts.empty));
      return;
    }
    const rows = items.map((item) => this.parts.row(item, this));
    this.replace(element('ul', { class: 'rows', 'aria-label': this.parts.label }, ...rows));
  }

  private fail(error: unknown): void {
    const again = element(
      'button',
      { class: 'button small', type: 'button', onclick: () => void this.refresh() },
      'Try again',
    );
    this.replace(element('p', { class: 'list-note field-error', role: 'alert' }, explain(error)), again);
  }

  /** The focus stays in the list: on what it was on, if that is still there. */
  private replace(...content: HTMLElement[]): void {
    const focused = this.root.contains(document.activeElement) ? document.activeElement : undefined;
    this.root.replaceChildren(...content);
    if (!focused) return;
    const label = focused.getAttribute('aria-label') ?? '';
    const again = label === '' ? null : this.root.querySelector<HTMLElement>(`li [aria-label="${CSS.escape(label)}"]`);
    (again ?? this.root).focus();
  }
}

/** Title, what is to be known of it in small, and what can be done with it. */
export function row(title: Node | string, details: readonly (Node | string)[], ...actions: HTMLElement[]): HTMLLIElement {
  const known = details.filter((detail) => detail !== '').map((detail) => element('span', {}, detail));
  return element(
    'li',
    { class: 'row' },
    element(
      'div',
      { class: 'row-text' },
      element('div', { class: 'row-title' }, title),
      element('div', { class: 'row-details' }, ...known),
    ),
    ...(actions.length === 0 ? [] : [element('div', { class: 'row-actions' }, ...actions)]),
  );
}

export function tag(text: string): HTMLElement {
  return element('span', { class: 'tag' }, text);
}

export interface RowAction {
  readonly text: string;
  readonly label: string; // says of what, too
  readonly ask?: { readonly question: string; readonly consequence: string; readonly yes: string };
  readonly run: () => Promise<unknown>;
  readonly onProblem: (message: string) => void;
}

/** A small button that does something with a row, after a question if there is one. */
export function rowButton({ text, label, ask, run, onProblem }: RowAction): HTMLButtonElement {
  let isBusy = false; // not `disabled`: that would lose the focus
  const act = (): void => {
    if (isBusy) return;
    isBusy = true;
    run()
      .catch((error: unknown) => onProblem(explain(error)))
      .finally(() => (isBusy = false));
  };
  const onclick = (): void => (ask ? confirmAction(ask.question, ask.consequence, ask.yes, act) : act());
  return element('button', { class: 'button small', type: 'button', 'aria-label': label, onclick }, text);
}
