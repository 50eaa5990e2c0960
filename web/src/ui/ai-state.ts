// What the room's AI is, in the header: a button that says it in a word, and what it
// opens says where texts go to. Whoever manages the room sets the mode there.

import type { AiFailure, AiState, Room } from '../room/api';
import { accounts } from './accounts';
import { element } from './dom';
import { toast } from './toasts';
import { explain } from './wording';

const GHOST_TEXT_KEY = 'tandem.ghost-text';

const MODES: readonly { readonly mode: AiState['mode']; readonly label: string }[] = [
  { mode: 'off', label: 'Off' },
  { mode: 'local', label: 'From this room’s own files' },
  { mode: 'on', label: 'With the model' },
];

export class AiStateView {
  readonly root: HTMLElement;
  private readonly name = element('span', { class: 'ai-name' });
  private readonly face = element('span', { class: 'ai-face', 'data-testid': 'ai-state' }, 'AI', this.name);
  private readonly button: HTMLButtonElement;
  private readonly words = element('p', {});
  private readonly trouble = element('p', { class: 'ai-trouble', role: 'status', hidden: true });
  private readonly modes = element('fieldset', { class: 'ai-modes', hidden: true });
  private readonly panel: HTMLElement;
  private isBusy = false;
  private problem: AiFailure | undefined;

  constructor(
    private readonly room: Room,
    private readonly roomId: string,
  ) {
    this.button = element(
      'button',
      { class: 'ai-button', type: 'button', 'aria-expanded': 'false', 'aria-controls': 'ai-panel', onclick: () => this.show(this.panel.hidden) },
      this.face,
    );
    this.panel = element(
      'div',
      { class: 'ai-panel', id: 'ai-panel', role: 'group', 'aria-label': 'AI in this room', hidden: true },
      this.words, this.trouble, this.ghostTextSwitch(), this.modes,
    );
    this.root = element('div', { class: 'ai-frame' }, this.button, this.panel);
    this.root.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape' || this.panel.hidden) return;
      this.show(false);
      this.button.focus();
    });
    this.root.addEventListener('focusout', (event) => {
      const goesTo = event.relatedTarget as Node | null;
      if (goesTo && !this.root.contains(goesTo)) this.show(false);
    });
    document.addEventListener('pointerdown', (event) => {
      if (!this.root.contains(event.target as Node)) this.show(false);
    });
    room.ai.on('state', () => this.refresh());
    room.on('connection', () => this.refresh());
    this.refresh();
  }

  get wantsGhostText(): boolean {
    return localStorage.getItem(GHOST_TEXT_KEY) !== 'off';
  }

  setBusy(isBusy: boolean): void {
    this.isBusy = isBusy;
    this.refresh();
  }

  setProblem(problem: AiFailure | undefined): void {
    this.problem = problem;
    this.refresh();
  }

  private refresh(): void {
    const { state } = this.room.ai;
    this.root.hidden = this.room.connection.kind !== 'online';
    const name = state.mode === 'on' ? (state.model ?? state.provider) : state.mode;
    const isFailing = this.problem !== undefined && state.mode === 'on';
    this.name.textContent = `: ${name}${isFailing ? ', failing' : ''}`;
    this.button.dataset['state'] = isFailing ? 'failing' : this.isBusy && state.mode === 'on' ? 'thinking' : state.mode;
    this.button.title = whereTextsGo(state);
    this.words.textContent = whereTextsGo(state);
    this.trouble.hidden = !isFailing;
    this.trouble.textContent = isFailing ? `The model does not answer: ${this.problem?.message ?? ''}. Completions come from the room's own files meanwhile.` : '';
  }

  private show(isShown: boolean): void {
    if (this.panel.hidden === !isShown) return;
    this.panel.hidden = !isShown;
    this.button.setAttribute('aria-expanded', String(isShown));
    if (isShown) void this.askForChoices();
  }

  private ghostTextSwitch(): HTMLElement {
    const box = element('input', {
      type: 'checkbox',
      checked: this.wantsGhostText,
      onchange: () => localStorage.setItem(GHOST_TEXT_KEY, box.checked ? 'on' : 'off'),
    });
    return element('label', { class: 'ai-switch' }, box, 'Show me suggestions while I type');
  }

  /** Only for who manages the room; others see what is, not what could be. */
  private async askForChoices(): Promise<void> {
    try {
      const info = await accounts.room(this.roomId);
      const choices = info.may_manage === true ? (info.ai?.choices ?? []) : [];
      this.modes.hidden = choices.length < 2;
      this.modes.replaceChildren(
        element('legend', {}, 'For everybody in this room'),
        ...MODES.filter(({ mode }) => choices.includes(mode)).map(({ mode, label }) => this.choice(mode, label)),
      );
    } catch {
      this.modes.hidden = true;
    }
  }

  private choice(mode: AiState['mode'], label: string): HTMLElement {
    const attributes = { type: 'radio', name: 'ai-mode', value: mode, checked: this.room.ai.state.mode === mode };
    const input = element('input', { ...attributes, onchange: () => void this.set(mode) });
    return element('label', { class: 'ai-switch' }, input, label);
  }

  private async set(mode: AiState['mode']): Promise<void> {
    try {
      await accounts.changeRoom(this.roomId, { ai: mode });
    } catch (error) {
      toast(explain(error));
      void this.askForChoices();
    }
  }
}

function whereTextsGo({ mode, host, model }: AiState): string {
  if (mode === 'off') return 'AI is off in this room.';
  if (mode === 'local') return 'Suggestions come from this room’s own files; nothing leaves this server.';
  return `Parts of this room’s files and chat are sent to ${host ?? 'a model'}${model === undefined ? '' : ` (${model})`} when somebody asks, or types.`;
}
