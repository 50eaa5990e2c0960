// The client library against the C++ server's own cores, in simulated worlds:
// crashes, failed writes, cut connections, slow readers, reloads. Two
// implementations of one protocol meet here as they do in reality.
//
//   TANDEM_TEST_BRIDGE      the server's side: otherwise build/sim_bridge, if it is there
//   TANDEM_TEST_SIM_SEEDS   how many worlds (150)
//   TANDEM_TEST_SIM_SEED    the first one (1)
//   TANDEM_TEST_SIM_TRACE   prints all that is said

import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SimBridge } from './support/sim-bridge';
import { runWorld, type Counts } from './support/sim-world';

const TIMEOUT_MS = 3_600_000; // of the whole; each world is bounded in virtual time
const FAILURES_TOLD = 10;

const { env } = process;
const named = env['TANDEM_TEST_BRIDGE'];
const binary = named ?? fileURLToPath(new URL('../../build/sim_bridge', import.meta.url));
const isThere = named !== undefined || existsSync(binary);
if (!isThere) console.log('skipped: no simulated server to test against (TANDEM_TEST_BRIDGE, build/sim_bridge)');

const seeds = Number(env['TANDEM_TEST_SIM_SEEDS'] ?? 150);
const first = Number(env['TANDEM_TEST_SIM_SEED'] ?? 1);
const trace = env['TANDEM_TEST_SIM_TRACE'] ? (line: string) => console.log(line) : undefined;

let bridge: SimBridge;
const sum: Partial<Counts> = {};

function add(counts: Counts): void {
  for (const [name, count] of Object.entries(counts) as [keyof Counts, number][]) sum[name] = (sum[name] ?? 0) + count;
}

async function faultsOf(seed: number): Promise<readonly string[]> {
  try {
    const { faults, counts } = await runWorld(seed, bridge, trace);
    add(counts);
    return faults;
  } catch (error) {
    return [error instanceof Error ? (error.stack ?? error.message) : String(error)];
  }
}

describe.skipIf(!isThere)('the client and the simulated server', () => {
  beforeAll(() => {
    bridge = new SimBridge(binary);
  });

  afterAll(() => bridge.end());

  it('agree in every world', async () => {
    const failed = new Map<number, readonly string[]>();
    for (let seed = first; seed < first + seeds; seed++) {
      const faults = await faultsOf(seed);
      if (faults.length > 0) failed.set(seed, faults);
    }
    const told = [...failed].slice(0, FAILURES_TOLD).map(([seed, faults]) => `seed ${seed}: ${faults.join('\n  ')}`);
    const counts = Object.entries(sum).map(([name, count]) => `${count} ${name}`);
    console.log(`${seeds} worlds: ${counts.join(', ')}; failed: ${failed.size}`);
    if (failed.size > 0) console.log(`failed seeds: ${[...failed.keys()].join(' ')}`);
    expect(told, 'to repeat one: TANDEM_TEST_SIM_SEEDS=1 TANDEM_TEST_SIM_SEED=…').toEqual([]);
  }, TIMEOUT_MS);
});
