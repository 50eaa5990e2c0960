// The room's conversation as this client knows it, and its own messages that
// have not come back yet.
//
// Invariants
//  1. Messages are kept once each, by their number, in its order.
//  2. A message of ours is sent again only while no echo of it was seen: its id,
//     or, in the history after a reconnect, its text under the site we had.

import type { ChatMessage } from './messages';
import type { UnsentChat } from './outbox';

const MOST_KEPT = 1000;

export class ChatLog {
  private readonly byNumber = new Map<number, ChatMessage>();
  private readonly unsent_ = new Map<number, string>();
  private readonly ownNumbers = new Set<number>();

  get messages(): ChatMessage[] {
    return [...this.byNumber.values()].sort((a, b) => a.n - b.n);
  }

  get unsent(): UnsentChat[] {
    return [...this.unsent_].map(([id, text]) => ({ id, text }));
  }

  isOwn(message: ChatMessage): boolean {
    return this.ownNumbers.has(message.n);
  }

  submit(id: number, text: string): void {
    this.unsent_.set(id, text);
  }

  /** Gives up what the server refused; returns its text. */
  withdrawOldest(): string | undefined {
    const first = this.unsent[0];
    if (first) this.unsent_.delete(first.id);
    return first?.text;
  }

  /** Returns whether the message is new. `ownSite` is the site that we have, or had. */
  receive(message: ChatMessage, ownSite: number | undefined): boolean {
    if (this.byNumber.has(message.n)) return false;
    this.byNumber.set(message.n, message);
    const isMine = ownSite !== undefined && message.site === ownSite;
    if (isMine || message.id !== undefined) this.ownNumbers.add(message.n);
    this.settle(message, isMine);
    if (this.byNumber.size > MOST_KEPT) this.forgetOldest();
    return true;
  }

  private settle(message: ChatMessage, isMine: boolean): void {
    if (message.id !== undefined) {
      this.unsent_.delete(message.id);
      return;
    }
    if (!isMine) return;
    const echoed = this.unsent.find((mine) => mine.text === message.text);
    if (echoed) this.unsent_.delete(echoed.id);
  }

  private forgetOldest(): void {
    const oldest = this.messages[0];
    if (!oldest) return;
    this.byNumber.delete(oldest.n);
    this.ownNumbers.delete(oldest.n);
  }
}
