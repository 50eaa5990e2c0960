// When pending work is written to the outbox: in the turn in which an edit gets
// its number (if the texts are small enough to be written at every keystroke),
// else shortly after, and at once when the page says that it goes away.

import type { Clock } from './connection';
import type { Outbox } from './outbox';
import type { RoomFile } from './room-file';
import type { UnsentChat } from './outbox';

const DELAY_MS = 300;
const SAVE_AT_ONCE_UNITS = 128 * 1024;

export class WorkSaver {
  private timer: unknown;
  private savedSeq = 0;

  constructor(
    private readonly outbox: Outbox,
    private readonly clock: Clock,
    private readonly files: () => Iterable<RoomFile>,
    private readonly chat: () => UnsentChat[],
  ) {
    this.savedSeq = outbox.lastSeq;
  }

  saveNow(): void {
    this.clock.clearTimeout(this.timer);
    this.timer = undefined;
    this.savedSeq = this.outbox.lastSeq;
    const files = new Map(
      [...this.files()].flatMap((file) => {
        const work = file.sync.pendingWork;
        return work ? [[file.name, work] as const] : [];
      }),
    );
    this.outbox.save({ files, chat: this.chat() });
  }

  fileProgressed(file: RoomFile): void {
    const isNumbered = this.outbox.lastSeq !== this.savedSeq;
    if (isNumbered && file.sync.confirmedUnits <= SAVE_AT_ONCE_UNITS) this.saveNow();
    else this.timer ??= this.clock.setTimeout(() => this.saveNow(), DELAY_MS);
  }
}
