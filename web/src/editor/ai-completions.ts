// Ghost text and the completion list, from the room's AI. One for a room page; it
// serves whichever of the page's models Monaco asks about.

import { CompletionAsker, type Place } from '../ai/completion-asker';
import { LineSuggestions, type CaretLine, type Rest } from '../ai/line-suggestions';
import type { AiCompletion, AiFailure, Clock, Room } from '../room/api';
import { mayEdit } from '../room/index';
import { monaco } from './monaco';
import type { MonacoBinding } from './monaco-binding';

const QUIET_AFTER_OTHERS_MS = 2_000;

export interface AiCompletionsHost {
  readonly room: Room;
  readonly clock: Clock;
  bindingOf(model: monaco.editor.ITextModel): MonacoBinding | undefined;
  /** The user's own choice. */
  wantsGhostText(): boolean;
  onProblem(why: AiFailure | undefined): void;
  onBusy(isBusy: boolean): void;
}

export class AiCompletions {
  private readonly suggestions = new LineSuggestions();
  private readonly asker: CompletionAsker;
  private readonly registrations: monaco.IDisposable[];

  constructor(private readonly host: AiCompletionsHost) {
    this.asker = new CompletionAsker(
      host.room.ai, host.clock, (why) => host.onProblem(why), (isBusy) => host.onBusy(isBusy),
    );
    host.room.ai.on('state', () => {
      this.suggestions.clear();
      this.asker.cancel();
    });
    this.registrations = [
      monaco.languages.registerInlineCompletionsProvider('*', {
        provideInlineCompletions: (model, position, _, token) => this.ghostText(model, position, token),
        freeInlineCompletions: () => {},
      }),
      monaco.languages.registerCompletionItemProvider('*', {
        provideCompletionItems: (model, position) => this.words(model, position),
      }),
    ];
  }

  dispose(): void {
    for (const registration of this.registrations) registration.dispose();
    this.asker.cancel();
  }

  private mayAsk(binding: MonacoBinding | undefined): binding is MonacoBinding {
    const { room } = this.host;
    return binding !== undefined && binding.loaded && room.ai.state.can.has('complete')
      && room.connection.kind === 'online' && mayEdit(room.role) && !room.readOnly;
  }

  private async ghostText(
    model: monaco.editor.ITextModel, position: monaco.Position, token: monaco.CancellationToken,
  ): Promise<monaco.languages.InlineCompletions> {
    const binding = this.host.bindingOf(model);
    if (!this.mayAsk(binding) || !this.host.wantsGhostText()) return { items: [] };
    const line = caretLine(binding, model, position);
    const known = this.suggestions.find(line);
    if (known) return shown(known, position);
    if (binding.othersEdited(position.lineNumber, this.host.clock.now() - QUIET_AFTER_OTHERS_MS)) return { items: [] };
    const answer = await this.asker.ask(place(binding, model, position)).lines;
    const insert = answer?.suggestions[0]?.insert;
    if (insert === undefined || insert === '') return { items: [] };
    this.suggestions.keep(line, insert);
    return token.isCancellationRequested ? { items: [] } : shown({ insert, covers: 0 }, position);
  }

  private async words(
    model: monaco.editor.ITextModel, position: monaco.Position,
  ): Promise<monaco.languages.CompletionList> {
    const binding = this.host.bindingOf(model);
    if (!this.mayAsk(binding)) return { suggestions: [] };
    const answer = await this.asker.ask(place(binding, model, position)).words;
    return { suggestions: answer ? entries(answer, position) : [], incomplete: true };
  }
}

function caretLine(
  binding: MonacoBinding, model: monaco.editor.ITextModel, position: monaco.Position,
): CaretLine {
  const text = model.getLineContent(position.lineNumber);
  return { file: binding, before: text.slice(0, position.column - 1), after: text.slice(position.column - 1) };
}

/** It is one as long as the caret's line is what it was, on whichever line that is by then. */
function place(binding: MonacoBinding, model: monaco.editor.ITextModel, position: monaco.Position): Place {
  const line = caretLine(binding, model, position);
  const mark = binding.mark(position);
  return {
    file: binding.file,
    key: `${binding.file.id ?? binding.file.name}:${mark.character}:${model.getVersionId()}`,
    position: () => {
      const now = model.isDisposed() ? undefined : mark.position(); // its file may have been deleted
      if (now === undefined) return undefined;
      const { before, after } = caretLine(binding, model, now);
      return before === line.before && after === line.after ? binding.characterAt(now) : undefined;
    },
  };
}

function shown({ insert, covers }: Rest, position: monaco.Position): monaco.languages.InlineCompletions {
  const range = monaco.Range.fromPositions(position, position.delta(0, covers));
  return { items: [{ insertText: insert, range }] };
}

/** An answer replaces what is typed of a word: that many characters before the caret. */
function entries({ words }: AiCompletion, position: monaco.Position): monaco.languages.CompletionItem[] {
  return words.map(({ insert, from, to }, i) => ({
    label: insert,
    insertText: insert,
    kind: monaco.languages.CompletionItemKind.Text,
    sortText: String(i).padStart(3, '0'),
    range: new monaco.Range(
      position.lineNumber, Math.max(1, position.column - (to - from)), position.lineNumber, position.column,
    ),
  }));
}
