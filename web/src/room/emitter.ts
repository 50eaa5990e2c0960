// Events with checked names and values.

import type { Emitter } from './api';

type Listener = (value: never) => void;

export class TypedEmitter<Events> implements Emitter<Events> {
  private readonly listeners = new Map<keyof Events, Set<Listener>>();

  on<K extends keyof Events>(event: K, listener: (value: Events[K]) => void): () => void {
    const ofEvent = this.listeners.get(event) ?? new Set();
    this.listeners.set(event, ofEvent);
    // One entry a subscription: the same function may be subscribed twice.
    const entry = (value: Events[K]): void => listener(value);
    ofEvent.add(entry);
    return () => void ofEvent.delete(entry);
  }

  /** A listener that throws is reported, and keeps nobody else from hearing. */
  protected emit<K extends keyof Events>(event: K, value: Events[K]): void {
    for (const listener of [...(this.listeners.get(event) ?? [])]) {
      try {
        (listener as (value: Events[K]) => void)(value);
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}
