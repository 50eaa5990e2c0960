// A whole world from one number: the simulated C++ server, the real client in
// several tabs, and what goes wrong between them; then peace, and the verdict.
// Deterministic: the same seed gives the same run.

import { Agenda } from './sim-agenda';
import type { SimBridge, Stored } from './sim-bridge';
import { Ledger } from './sim-ledger';
import { SimNetwork } from './sim-network';
import { Oracle } from './sim-oracle';
import { SimTab, type TabWorld } from './sim-tab';
import { SimUser, type UserHost } from './sim-user';
import { Random } from './random';

const TYPING_US = 3_000_000;
const LONGEST_PAUSE_US = 50_000; // between two things that somebody does
const REST_US = 2_000_000; // without anything on its way: then all is settled
const LONGEST_PEACE_US = 120_000_000;
const CARETS_US = 1_000_000;
const MOST_TABS = 6;
const LOAD_ANEW_US = 500_000; // a tab that ended because of another of its name
const MOST_STEPS = 200_000;

export type Counts = Ledger['counts'] & { crashes: number; reloads: number; revisions: number };

export interface Verdict {
  faults: readonly string[]; // none: all is as it must be
  counts: Counts;
}

class World implements TabWorld, UserHost {
  readonly agenda = new Agenda();
  readonly ledger = new Ledger();
  readonly network: SimNetwork;
  readonly trace: TabWorld['trace'];
  private readonly chance: Random;
  private readonly users: SimUser[] = [];
  private numbers = 0;
  private steps = 0;
  private isTyping = true;

  constructor(
    private readonly seed: number,
    private readonly bridge: SimBridge,
    tracer: ((line: string) => void) | undefined,
  ) {
    this.trace = tracer && ((line) => tracer(`${this.agenda.nowUs} ${line}`));
    this.chance = new Random(seed);
    this.network = new SimNetwork(this.agenda, bridge, new Random(seed + 1_000_000));
    bridge.tell(`new ${seed}`);
    if (this.chance.chance(0.2)) bridge.tell('heal'); // the server has no troubles of its own
    for (let left = 2 + this.chance.below(3); left > 0; left--) this.newTab();
  }

  async run(): Promise<Verdict> {
    await this.runUntil(TYPING_US, () => false);
    this.makePeace();
    const settled = await this.runUntil(this.agenda.nowUs + LONGEST_PEACE_US, () => this.isSettled());
    this.ledger.blameIf(!settled && !this.hasFailed, `it does not come to rest: ${this.unsettled().join('; ')}`);
    for (const user of this.users) {
      user.tab.carets.clear();
      user.tab.page.perform(() => user.select());
    }
    await this.runUntil(this.agenda.nowUs + CARETS_US, () => false);
    const stored = await this.bridge.judge();
    if (!this.hasFailed) new Oracle(stored, this.tabs, this.ledger).judge();
    return { faults: this.ledger.faults, counts: this.countsWith(stored) };
  }

  newClientId(): string {
    return `client-${this.seed}-${++this.numbers}`;
  }

  newMessage(): string {
    return `message ${++this.numbers}`;
  }

  /** Then it is over: what follows would be about nothing else. */
  private get hasFailed(): boolean {
    return this.ledger.faults.length > 0;
  }

  private get tabs(): SimTab[] {
    return this.users.map(({ tab }) => tab);
  }

  duplicate(tab: SimTab): void {
    if (tab.stored.size === 0 || this.users.length >= MOST_TABS) return;
    this.trace?.(`${tab.name} is duplicated`);
    this.ledger.copied(tab.stored.values());
    const copy = this.newTab(tab.stored);
    tab.hasCopy = copy.hasCopy = true;
  }

  private newTab(stored?: ReadonlyMap<string, string>): SimTab {
    const random = new Random(this.seed + 2_000_000 * (this.users.length + 1));
    const readPauseUs = random.pick([0, 2000, 2000, 30_000]);
    const tab = new SimTab(this.users.length, readPauseUs, this, random, stored);
    const user = new SimUser(tab, this, random, this);
    this.users.push(user);
    tab.page.open(this.chance.chance(0.8) ? 'a.py' : 'b.py');
    this.actLater(user);
    return tab;
  }

  private actLater(user: SimUser): void {
    this.agenda.plan(this.agenda.nowUs + 1 + this.chance.below(LONGEST_PAUSE_US), () => {
      if (!this.isTyping) return;
      user.act();
      this.actLater(user);
    });
  }

  private makePeace(): void {
    this.isTyping = false;
    this.bridge.tell('heal');
    for (const tab of this.tabs) tab.busyUntilUs = 0;
    this.reviveLater();
  }

  /** One after the other: two of one name end each other as long as both have edits. */
  private reviveLater(): void {
    this.agenda.plan(this.agenda.nowUs + LOAD_ANEW_US, () => {
      this.users.find(({ tab }) => tab.page.room.connection.kind === 'ended')?.reload();
      this.reviveLater();
    });
  }

  // --- time -----------------------------------------------------------------------

  /** In lock-step: the server runs up to what happens here next, and what it says comes in between. */
  private async runUntil(endUs: number, isOver: () => boolean): Promise<boolean> {
    const { agenda } = this;
    let isReached = false;
    agenda.plan(endUs, () => (isReached = true));
    while (!isReached && !this.hasFailed) {
      const dueUs = agenda.nextUs;
      const { nowUs, happened } = await this.bridge.run(dueUs);
      agenda.nowUs = nowUs;
      for (const happening of happened) this.network.take(happening);
      if (nowUs < dueUs) continue;
      while (agenda.nextUs === dueUs && !isReached) this.step();
      if (isOver()) return true;
    }
    return false;
  }

  private step(): void {
    if (++this.steps > MOST_STEPS) throw new Error('it goes on for ever');
    this.agenda.step();
  }

  // --- the end ----------------------------------------------------------------------

  private restsSinceUs = Infinity;

  private isSettled(): boolean {
    const { nowUs } = this.agenda;
    if (this.unsettled().length > 0) this.restsSinceUs = Infinity;
    else this.restsSinceUs = Math.min(this.restsSinceUs, nowUs);
    return nowUs - this.restsSinceUs > REST_US;
  }

  /** The tabs that are not at rest, and why. */
  private unsettled(): string[] {
    return this.tabs.flatMap(({ name, page }) => {
      const { room, socket, editors } = page;
      if (!room.isOnline || !socket?.isUsable) return [`${name} is ${room.connection.kind}`];
      if (room.pending > 0) return [`${name} has ${room.pending} edits pending`];
      if (room.chat.some(({ n }) => n === undefined)) return [`${name} has messages on their way`];
      return [...editors.values()].every(({ loaded }) => loaded) ? [] : [`${name} waits for a text`];
    });
  }

  private countsWith({ crashes, reloads, files }: Stored): Counts {
    const revisions = files.reduce((sum, { log }) => sum + log.length, 0);
    return { ...this.ledger.counts, crashes, reloads, revisions };
  }
}

export async function runWorld(seed: number, bridge: SimBridge, trace?: (line: string) => void): Promise<Verdict> {
  const world = new World(seed, bridge, trace);
  return world.run();
}
