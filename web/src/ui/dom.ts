// Building elements without markup: text from others never becomes HTML.

type Child = Node | string;

/** `class`, `onclick` and the like, and any attribute; `false` leaves one out. */
type Attributes = Record<string, string | boolean | EventListener>;

export function element<Tag extends keyof HTMLElementTagNameMap>(
  tag: Tag,
  attributes: Attributes = {},
  ...children: Child[]
): HTMLElementTagNameMap[Tag] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') made.addEventListener(name.replace(/^on/, ''), value);
    else if (value !== false) made.setAttribute(name, value === true ? '' : value);
  }
  made.append(...children);
  return made;
}

const ICON_PATHS = {
  files: 'M4 5.500h6l2 2h8v11H4z',
  chat: 'M4 5h16v11H10l-4 4v-4H4z',
  share: 'M9.500 14.500l5-5M8 11l-2.500 2.500a3.500 3.500 0 0 0 5 5L13 16M16 13l2.500-2.500a3.500 3.500 0 0 0-5-5L11 8',
  theme: 'M12 4a8 8 0 1 0 0 16zM12 4a8 8 0 0 1 0 16',
  plus: 'M12 5v14M5 12h14',
  pencil: 'M5 19l1-4L16 5l3 3L9 18z',
  trash: 'M5 7h14M9 7V4.500h6V7M7 7l1 12.500h8L17 7',
  close: 'M6 6l12 12M18 6L6 18',
  send: 'M5 12h13M12 6l6 6-6 6',
  arrow: 'M9 6l6 6-6 6',
  lock: 'M7 11h10v8H7zM9 11V8.500a3 3 0 0 1 6 0V11',
} as const;

export type IconName = keyof typeof ICON_PATHS;

const SVG = 'http://www.w3.org/2000/svg';

export function icon(name: IconName): SVGElement {
  const drawing = document.createElementNS(SVG, 'svg');
  drawing.setAttribute('viewBox', '0 0 24 24');
  drawing.setAttribute('class', 'icon');
  drawing.setAttribute('aria-hidden', 'true');
  const path = document.createElementNS(SVG, 'path');
  path.setAttribute('d', ICON_PATHS[name]);
  drawing.append(path);
  return drawing;
}

export function iconButton(
  name: IconName,
  label: string,
  onclick: (event: Event) => void,
): HTMLButtonElement {
  const attributes = { type: 'button', class: 'icon-button', title: label, 'aria-label': label };
  return element('button', { ...attributes, onclick }, icon(name));
}

/** The sign of the app: two carets side by side. */
export function brandMark(): HTMLElement {
  const carets = element('span', { class: 'brand-carets', 'aria-hidden': 'true' });
  carets.append(element('i'), element('i'));
  return carets;
}
