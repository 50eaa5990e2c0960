// What a room's AI is, and what it has been asked: questions by their numbers, and
// who hears of each.
//
// Invariants
//  1. A question is heard of until its last word, or until it is taken back; a newer
//     one of its kind takes its place.
//  2. Without a connection nothing is asked, and what was asked has failed.

import type {
  AiCompletion, AiEvents, AiFailure, AiListener, AiProposal, AiState, RoomAi, RoomFile,
} from './api';
import { TypedEmitter } from './emitter';
import type { ServerError, ServerMessage } from './messages';

export interface AiHost {
  readonly isOnline: boolean;
  send(message: object): void;
}

type Kind = 'complete' | 'refactor';

interface Question {
  readonly kind: Kind;
  readonly listener: AiListener<AiCompletion & AiProposal>;
}

export type AiMessage = Extract<ServerMessage, { type: 'ai' | 'completion' | 'thinking' | 'proposal' }>;

const OFF: AiState = { mode: 'off', provider: 'off', model: undefined, host: undefined, can: new Set() };
const OFFLINE: AiFailure = { code: 'offline', message: 'There is no connection at the moment.', retryMs: undefined };

export class AiClient extends TypedEmitter<AiEvents> implements RoomAi {
  private state_ = OFF;
  private lastAsk = 0;
  private readonly questions = new Map<number, Question>();

  constructor(private readonly host: AiHost) {
    super();
  }

  get state(): AiState {
    return this.state_;
  }

  complete(file: RoomFile, rev: number, position: number, listener: AiListener<AiCompletion>): () => void {
    return this.ask('complete', file, { rev, position }, listener as Question['listener']);
  }

  refactor(
    file: RoomFile, rev: number, range: readonly [number, number], instruction: string,
    listener: AiListener<AiProposal>,
  ): () => void {
    return this.ask('refactor', file, { rev, range, instruction }, listener as Question['listener']);
  }

  private ask(kind: Kind, file: RoomFile, more: object, listener: Question['listener']): () => void {
    if (!this.host.isOnline) {
      queueMicrotask(() => listener.failed(OFFLINE));
      return () => {};
    }
    for (const [number, earlier] of this.questions) if (earlier.kind === kind) this.questions.delete(number);
    const ask = ++this.lastAsk;
    this.questions.set(ask, { kind, listener });
    this.host.send({ type: kind, ask, file: file.name, id: file.id, ...more });
    return () => this.takeBack(ask);
  }

  private takeBack(ask: number): void {
    if (this.questions.delete(ask) && this.host.isOnline) this.host.send({ type: 'cancel', ask });
  }

  // --- from the room ----------------------------------------------------------

  connectionLost(): void {
    const open = [...this.questions.values()];
    this.questions.clear();
    for (const { listener } of open) listener.failed(OFFLINE);
  }

  receive(message: AiMessage): void {
    switch (message.type) {
      case 'ai':
        this.state_ = message.state;
        this.emit('state', message.state);
        break;
      case 'thinking':
        this.questions.get(message.ask)?.listener.piece?.(message.text);
        break;
      case 'completion':
        this.answered(message.ask, 'complete', message.completion, message.completion.more);
        break;
      case 'proposal':
        if (message.ask === undefined) this.emit('proposal', message.proposal);
        else this.answered(message.ask, 'refactor', message.proposal, false);
        break;
    }
  }

  /** Whether the error was about a question. */
  failed({ ask, code, message, retryMs }: ServerError): boolean {
    if (ask === undefined) return false;
    const question = this.questions.get(ask);
    this.questions.delete(ask);
    question?.listener.failed({ code, message, retryMs });
    return true;
  }

  private answered(ask: number, kind: Kind, answer: AiCompletion | AiProposal, more: boolean): void {
    const question = this.questions.get(ask);
    if (question?.kind !== kind) return;
    if (!more) this.questions.delete(ask);
    question.listener.answer(answer as AiCompletion & AiProposal);
  }
}
