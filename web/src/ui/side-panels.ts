// The two side panels: beside the editor where there is room, over it where
// there is not. Which are open is kept, for wide windows.

type PanelName = 'files' | 'chat';

const KEY = 'tandem.panels';
const narrow = matchMedia('(max-width: 860px)');

export interface SidePanels {
  attach(root: HTMLElement): void;
  isOpen(name: PanelName): boolean;
  /** On narrow windows a panel goes away when something was chosen in it. */
  closeOverlay(): void;
}

export function sidePanels(
  buttons: Record<PanelName, HTMLButtonElement>,
  onChatShown: () => void,
): SidePanels {
  const open = new Set<PanelName>();
  let page: HTMLElement | undefined;

  const refresh = (): void => {
    for (const name of ['files', 'chat'] as const) {
      buttons[name].setAttribute('aria-expanded', String(open.has(name)));
      page?.classList.toggle(`with-${name}`, open.has(name));
    }
    if (open.has('chat')) onChatShown();
  };
  const restore = (): void => {
    open.clear();
    if (!narrow.matches) for (const name of keptPanels()) open.add(name);
    refresh();
  };
  const toggle = (name: PanelName): void => {
    const wasOpen = open.has(name);
    if (narrow.matches) open.clear();
    if (wasOpen) open.delete(name);
    else open.add(name);
    if (!narrow.matches) localStorage.setItem(KEY, [...open].join());
    refresh();
  };
  const closeOverlay = (): void => {
    if (!narrow.matches) return;
    open.clear();
    refresh();
  };

  buttons.files.addEventListener('click', () => toggle('files'));
  buttons.chat.addEventListener('click', () => toggle('chat'));
  narrow.addEventListener('change', restore);
  return {
    attach(root) {
      page = root;
      root.addEventListener('keydown', (event) => {
        const isInPanel = (event.target as Element).closest('.panel') !== null;
        if (event.key === 'Escape' && isInPanel) closeOverlay();
      });
      restore();
    },
    isOpen: (name) => open.has(name),
    closeOverlay,
  };
}

function keptPanels(): PanelName[] {
  const kept = localStorage.getItem(KEY);
  if (kept === null) return ['files', 'chat'];
  return kept.split(',').filter((name): name is PanelName => name === 'files' || name === 'chat');
}
