// The own side of the chat: sends messages, and sends them again until each has
// come back or been refused.

import type { ChatMessage, Clock } from './api';
import { ChatLog, type ChatChange } from './chat-log';
import type { ChatLine, ServerError } from './messages';

const RETRY_MS = 2000;

export interface ChatHost {
  readonly clock: Clock;
  readonly isOnline: boolean;
  send(message: object): void;
}

export class Chat {
  private readonly log = new ChatLog();
  private retryTimer: unknown;

  constructor(private readonly host: ChatHost) {}

  get messages(): readonly ChatMessage[] {
    return this.log.messages;
  }

  get isAnswerDue(): boolean {
    return this.retryTimer === undefined && this.hasUnconfirmed;
  }

  get hasUnconfirmed(): boolean {
    return this.log.onTheirWay.length > 0;
  }

  say(id: number, name: string, text: string): ChatMessage {
    const message = this.log.say(id, name, text, this.host.clock.now());
    this.transmit(message);
    return message;
  }

  welcome(lines: readonly ChatLine[]): void {
    this.log.welcome(lines);
  }

  receive(line: ChatLine): ChatChange {
    return this.log.receive(line);
  }

  sendAgain(): void {
    for (const message of this.log.onTheirWay) this.transmit(message);
  }

  connectionLost(): void {
    this.host.clock.clearTimer(this.retryTimer);
    this.retryTimer = undefined;
  }

  /** Whether the message was given up. */
  failed(id: number, { code, retryMs }: ServerError): boolean {
    if (code !== 'unavailable' && code !== 'rate_limited') {
      this.log.refuse(id);
      return true;
    }
    this.retryTimer ??= this.host.clock.setTimer(retryMs ?? RETRY_MS, () => {
      this.retryTimer = undefined;
      this.sendAgain();
    });
    return false;
  }

  private transmit({ id, text }: ChatMessage): void {
    if (this.host.isOnline) this.host.send({ type: 'chat', id, text });
  }
}
