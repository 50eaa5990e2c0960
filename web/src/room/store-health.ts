// Whether the server can store edits, as far as this client has heard.

import type { Clock } from './api';

const TRY_AGAIN_MS = 5000;

export class StoreHealth {
  private isDown_ = false;
  private timer: unknown;

  constructor(
    private readonly clock: Clock,
    private readonly hasPending: () => boolean,
    private readonly changed: (isDown: boolean) => void,
  ) {}

  get isDown(): boolean {
    return this.isDown_;
  }

  /**
   * Pending edits are sent again and will tell when the store is back. With none
   * no answer ever would: after a while the user may try.
   */
  failed(retryMs: number | undefined): void {
    this.set(true);
    this.timer = this.clock.setTimer(Math.max(TRY_AGAIN_MS, retryMs ?? 0), () => {
      if (this.hasPending()) this.failed(retryMs);
      else this.works();
    });
  }

  works(): void {
    this.set(false);
  }

  private set(isDown: boolean): void {
    this.clock.clearTimer(this.timer);
    this.timer = undefined;
    if (isDown === this.isDown_) return;
    this.isDown_ = isDown;
    this.changed(isDown);
  }
}
