// Create, rename and delete, waiting for their echo: it is their acknowledgement.

import type { FileAction } from './messages';

interface Waiting {
  resolve(): void;
  reject(error: Error): void;
}

export class FileRequests {
  private readonly waiting = new Map<string, Waiting>();

  start(action: FileAction, file: string): Promise<void> {
    const key = `${action} ${file}`;
    this.waiting.get(key)?.reject(new Error('It was asked for again.'));
    return new Promise((resolve, reject) => this.waiting.set(key, { resolve, reject }));
  }

  done(action: FileAction, file: string): void {
    const key = `${action} ${file}`;
    this.waiting.get(key)?.resolve();
    this.waiting.delete(key);
  }

  /** Returns whether something waited for this file. */
  failed(file: string, reason: string): boolean {
    const keys = [...this.waiting.keys()].filter((key) => key.slice(key.indexOf(' ') + 1) === file);
    for (const key of keys) {
      this.waiting.get(key)?.reject(new Error(reason));
      this.waiting.delete(key);
    }
    return keys.length > 0;
  }

  connectionLost(): void {
    for (const { reject } of this.waiting.values()) reject(new Error('The connection was lost.'));
    this.waiting.clear();
  }
}
