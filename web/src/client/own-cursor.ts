// The user's caret on its way to the others: the latest one only, at most ten
// times a second, and only when it stands in a text that the server knows.

import type { Clock } from './connection';
import type { Range } from './messages';
import type { RoomFile } from './room-file';

const INTERVAL_MS = 100;

export class OwnCursor {
  private file: RoomFile | undefined;
  private sentAt = -INTERVAL_MS;
  private timer: unknown;

  constructor(
    private readonly clock: Clock,
    private readonly send: (message: object) => boolean,
  ) {}

  move(file: RoomFile, ranges: Range[]): void {
    if (this.file !== file) this.file?.forgetCursor();
    this.file = file;
    file.setOwnRanges(ranges);
    this.sendSoon();
  }

  /** The file may have become synchronised: what waited for that can go. */
  fileProgressed(file: RoomFile): void {
    if (file === this.file && file.sync.isSynchronised) this.sendSoon();
  }

  dispose(): void {
    this.clock.clearTimeout(this.timer);
    this.file = undefined;
  }

  private sendSoon(): void {
    if (this.timer !== undefined) return;
    const wait = Math.max(this.sentAt + INTERVAL_MS - this.clock.now(), 0);
    this.timer = this.clock.setTimeout(() => {
      this.timer = undefined;
      const message = this.file?.takeCursorMessage();
      if (message && this.send(message)) this.sentAt = this.clock.now();
    }, wait);
  }
}
