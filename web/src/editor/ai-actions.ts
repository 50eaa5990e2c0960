// What one can have done to a part of the text: entries of the menu, the palette
// and the light bulb. What comes of it is the page's affair.

import type { Room } from '../room/api';
import { mayEdit } from '../room/index';
import { monaco } from './monaco';

export interface AiAction {
  readonly id: string;
  readonly label: string;
  /** Undefined: the user is asked for it. */
  readonly instruction: string | undefined;
  readonly keys: number[];
}

const { KeyMod, KeyCode } = monaco;

export const AI_ACTIONS: readonly AiAction[] = [
  { id: 'tandem.ai.explain', label: 'AI: Explain', keys: [], instruction: 'Explain this part. Change nothing.' },
  { id: 'tandem.ai.refactor', label: 'AI: Refactor…', keys: [KeyMod.CtrlCmd | KeyCode.KeyI], instruction: undefined },
  {
    id: 'tandem.ai.tests', label: 'AI: Add tests', keys: [],
    instruction: 'Keep this part as it is, and add tests of it behind it.',
  },
  { id: 'tandem.ai.fix', label: 'AI: Fix', keys: [], instruction: 'Find what is wrong with this part, and correct it.' },
];

/** Calls `run` with the action and the part of the text that is meant: whole lines if nothing is selected. */
export function addAiActions(
  editor: monaco.editor.IStandaloneCodeEditor,
  room: Room,
  run: (action: AiAction, part: monaco.Range) => void,
): monaco.IDisposable[] {
  const isPossible = editor.createContextKey<boolean>('tandemAiRefactor', false);
  const refresh = (): void => isPossible.set(room.ai.state.can.has('refactor') && mayEdit(room.role));
  room.ai.on('state', refresh);
  room.on('role', refresh);
  refresh();
  const start = (action: AiAction): void => {
    const part = partMeant(editor);
    if (part) run(action, part);
  };
  const commands = AI_ACTIONS.map((action, i) =>
    editor.addAction({
      id: action.id,
      label: action.label,
      keybindings: action.keys,
      precondition: 'tandemAiRefactor && !editorReadonly',
      contextMenuGroupId: '1_ai',
      contextMenuOrder: i,
      run: () => start(action),
    }),
  );
  const bulb = monaco.languages.registerCodeActionProvider('*', {
    provideCodeActions: (model, range) => {
      if (model !== editor.getModel() || range.isEmpty() || !isPossible.get()) return { actions: [], dispose: () => {} };
      const actions = AI_ACTIONS.map(({ id, label }) => ({
        title: label, kind: 'refactor.ai', command: { id: `${editor.getId()}:${id}`, title: label },
      }));
      return { actions, dispose: () => {} };
    },
  });
  return [...commands, bulb];
}

function partMeant(editor: monaco.editor.IStandaloneCodeEditor): monaco.Range | undefined {
  const model = editor.getModel();
  const selection = editor.getSelection();
  if (!model || !selection) return undefined;
  if (!selection.isEmpty()) return selection;
  return blockAround(model, selection.startLineNumber);
}

/** The lines around one, up to blank lines that are followed by less or as little indentation. */
function blockAround(model: monaco.editor.ITextModel, line: number): monaco.Range {
  const isBlank = (at: number): boolean => model.getLineContent(at).trim() === '';
  const isTop = (at: number): boolean => /^\S/.test(model.getLineContent(at));
  let first = line;
  while (first > 1 && !(isTop(first) && isBlank(first - 1))) first--;
  let last = line;
  while (last < model.getLineCount() && !(isBlank(last) && (isTop(last + 1) || isBlank(last + 1)))) last++;
  while (last > first && isBlank(last)) last--;
  return new monaco.Range(first, 1, last, model.getLineMaxColumn(last));
}
