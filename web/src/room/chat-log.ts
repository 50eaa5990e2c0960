// The room's chat: what was said, in the room's order, and the own messages that
// are still on their way. A message keeps its id until it has come back, and is
// sent again with it on every new connection: the server says it once.

import type { ChatMessage } from './api';
import type { ChatLine } from './messages';

const LONGEST_LOG = 1000;

export type ChatChange = { kind: 'message'; message: ChatMessage } | { kind: 'list' };

export class ChatLog {
  private said: ChatMessage[] = [];
  private readonly waiting = new Map<number, ChatMessage>();
  private readonly ownIds = new Map<number, number>(); // from n to id

  get messages(): readonly ChatMessage[] {
    return [...this.said, ...this.waiting.values()];
  }

  get onTheirWay(): readonly ChatMessage[] {
    return [...this.waiting.values()];
  }

  say(id: number, name: string, text: string, at: number): ChatMessage {
    const message = { n: undefined, id, name, text, at, own: true, site: undefined };
    this.waiting.set(id, message);
    return message;
  }

  /** The server will not take it. */
  refuse(id: number): void {
    this.waiting.delete(id);
  }

  welcome(lines: readonly ChatLine[]): void {
    const first = lines[0]?.n ?? Infinity;
    const older = this.said.filter(({ n }) => n !== undefined && n < first);
    this.said = [...older, ...lines.map((line) => this.messageOf(line))];
  }

  receive(line: ChatLine): ChatChange {
    if (line.id !== undefined && this.waiting.delete(line.id)) this.ownIds.set(line.n, line.id);
    const message = this.messageOf(line);
    const place = this.said.findIndex(({ n }) => n === line.n);
    if (place >= 0) {
      this.said[place] = message; // it was in the welcome, where nothing tells whose it is
      return { kind: 'list' };
    }
    this.said.push(message);
    if (this.said.length > LONGEST_LOG) this.said.shift();
    return { kind: 'message', message };
  }

  private messageOf({ n, id, name, text, at, site }: ChatLine): ChatMessage {
    const ownId = id ?? this.ownIds.get(n);
    return { n, id: ownId, name, text, at, own: ownId !== undefined, site };
  }
}
