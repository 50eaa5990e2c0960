// Virtual time in microseconds, and what is to happen in it. What is planned for
// one moment happens in the order in which it was planned.

interface Entry {
  readonly atUs: number;
  readonly order: number;
  action: (() => void) | undefined;
}

function isBefore(a: Entry, b: Entry): boolean {
  return a.atUs < b.atUs || (a.atUs === b.atUs && a.order < b.order);
}

export class Agenda {
  nowUs = 0;
  private readonly heap: Entry[] = [];
  private planned = 0;

  /** When the next action is due. */
  get nextUs(): number {
    return this.heap[0]?.atUs ?? Infinity;
  }

  /** Returns what `cancel` takes. */
  plan(atUs: number, action: () => void): unknown {
    const entry: Entry = { atUs: Math.max(atUs, this.nowUs), order: this.planned++, action };
    let at = this.heap.push(entry) - 1;
    for (let parent = (at - 1) >> 1; at > 0 && isBefore(entry, this.entry(parent)); parent = (at - 1) >> 1) {
      this.heap[at] = this.entry(parent);
      at = parent;
    }
    this.heap[at] = entry;
    return entry;
  }

  cancel(planned: unknown): void {
    if (planned) (planned as Entry).action = undefined;
  }

  /** Does what is due next. */
  step(): void {
    const first = this.heap[0];
    const last = this.heap.pop();
    if (!first || !last) return;
    if (last !== first) this.sink(last);
    this.nowUs = first.atUs;
    first.action?.();
  }

  private sink(entry: Entry): void {
    const { heap } = this;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(this.entry(child + 1), this.entry(child))) child++;
      if (!isBefore(this.entry(child), entry)) break;
      heap[at] = this.entry(child);
      at = child;
    }
    heap[at] = entry;
  }

  private entry(index: number): Entry {
    return this.heap[index] as Entry;
  }
}
