// A button with a menu below it.

import { element } from './dom';

export interface MenuItem {
  readonly text: string;
  readonly href?: string;
  readonly run?: () => void;
}

export function menuButton(face: readonly (Node | string)[], label: string, items: readonly MenuItem[]): HTMLElement {
  const list = element('div', { class: 'menu', role: 'menu', 'aria-label': label, hidden: true });
  const button = element(
    'button',
    {
      class: 'menu-button',
      type: 'button',
      tabindex: '0', // also where a click gives a button no focus
      'aria-haspopup': 'menu',
      'aria-expanded': 'false',
      'aria-label': label,
      title: label,
    },
    ...face,
  );
  const root = element('div', { class: 'menu-frame' }, button, list);
  const show = (isShown: boolean): void => {
    list.hidden = !isShown;
    button.setAttribute('aria-expanded', String(isShown));
    if (isShown) entriesOf(list)[0]?.focus();
  };
  list.append(...items.map((item) => entry(item, () => show(false))));
  button.addEventListener('click', () => show(list.hidden));
  root.addEventListener('focusout', (event) => {
    const goesTo = event.relatedTarget as Node | null;
    if (!list.hidden && !(goesTo && root.contains(goesTo))) show(false);
  });
  root.addEventListener('keydown', (event) => onKey(event, list, () => {
    show(false);
    button.focus();
  }));
  return root;
}

function entriesOf(list: HTMLElement): HTMLElement[] {
  return [...list.querySelectorAll<HTMLElement>('[role="menuitem"]')];
}

function entry({ text, href, run }: MenuItem, close: () => void): HTMLElement {
  const attributes = { role: 'menuitem', class: 'menu-item', tabindex: '-1' };
  if (href !== undefined) return element('a', { ...attributes, href }, text);
  const onclick = (): void => {
    close();
    run?.();
  };
  return element('button', { ...attributes, type: 'button', onclick }, text);
}

function onKey(event: KeyboardEvent, list: HTMLElement, leave: () => void): void {
  if (list.hidden) return;
  const entries = entriesOf(list);
  const at = entries.indexOf(document.activeElement as HTMLElement);
  const steps: Record<string, number> = {
    ArrowDown: (at + 1) % entries.length,
    ArrowUp: (at - 1 + entries.length) % entries.length,
    Home: 0,
    End: entries.length - 1,
  };
  const next = steps[event.key];
  if (event.key === 'Escape') leave();
  else if (next !== undefined) entries[next]?.focus();
  else return;
  event.preventDefault();
  event.stopPropagation();
}
