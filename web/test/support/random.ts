// Repeatable randomness: a failing test names its seed, and the seed repeats it.

import { OpBuilder, type TextOp } from '../../src/client/text-op';

const ALPHABET = [...'ab \n', 'é', '漢', '😀', '𝒳'];

export class Random {
  private state: number;

  constructor(readonly seed: number) {
    this.state = seed >>> 0;
  }

  /** 0 ≤ x < 1 (mulberry32). */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let t = this.state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }

  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  chance(probability: number): boolean {
    return this.next() < probability;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T;
  }

  text(longest: number): string {
    return Array.from({ length: this.below(longest + 1) }, () => this.pick(ALPHABET)).join('');
  }

  /** An operation on a text of so many characters. */
  op(length: number): TextOp {
    const builder = new OpBuilder();
    for (let left = length; left > 0 || this.chance(0.3); ) {
      const step = 1 + this.below(Math.max(1, Math.min(left, 5)));
      const kind = this.below(4);
      if (kind === 0) builder.insert(this.pick(ALPHABET) + this.text(2));
      else if (left > 0 && kind === 1) builder.remove(step);
      else if (left > 0) builder.keep(step);
      if (left > 0 && kind > 0) left -= step;
    }
    return builder.build();
  }
}

/** Runs a case for many seeds; TANDEM_TEST_SEED runs that one alone. */
export function forSeeds(count: number, run: (random: Random) => void): void {
  const only = process.env['TANDEM_TEST_SEED'];
  const seeds = only ? [Number(only)] : Array.from({ length: count }, (_, index) => index + 1);
  for (const seed of seeds) {
    try {
      run(new Random(seed));
    } catch (error) {
      if (error instanceof Error) error.message = `[TANDEM_TEST_SEED=${seed}] ${error.message}`;
      throw error;
    }
  }
}
