// A browser tab in a simulated world: the real client library behind an editor,
// with a clock, a storage and sockets that belong to the world. A reload gives
// it a new page over the same storage.

import type { Clock, KeyValueStore, RoomFile, Selection } from '../../src/room/api';
import { RoomClient } from '../../src/room/room';
import { MapStore } from './fakes';
import { ModelEditor } from './model-editor';
import type { Agenda } from './sim-agenda';
import type { Ledger } from './sim-ledger';
import type { SimNetwork, SimSocket, SocketOwner } from './sim-network';
import type { Random } from './random';

const EPOCH_MS = 1_000_000_000;

/** What the tabs of a world share. */
export interface TabWorld {
  readonly agenda: Agenda;
  readonly network: SimNetwork;
  readonly ledger: Ledger;
  readonly trace: ((line: string) => void) | undefined;
  newClientId(): string;
}

/** Timers end with the page that set them. */
class PageClock implements Clock {
  private isOver = false;

  constructor(
    private readonly agenda: Agenda,
    private readonly chance: Random,
    private readonly perform: (action: () => void) => void,
  ) {}

  now(): number {
    return EPOCH_MS + Math.floor(this.agenda.nowUs / 1000);
  }

  setTimer(ms: number, callback: () => void): unknown {
    return this.agenda.plan(this.agenda.nowUs + Math.max(0, Math.round(ms * 1000)), () => {
      if (!this.isOver) this.perform(callback);
    });
  }

  clearTimer(timer: unknown): void {
    this.agenda.cancel(timer);
  }

  random(): number {
    return this.chance.next() ** 2; // rather sooner than later: seconds are long here
  }

  end(): void {
    this.isOver = true;
  }
}

interface Sent {
  type: string;
  file: string;
  client: string;
  seq: number;
  id: number;
  op: unknown[];
  text: string;
}

interface Heard {
  type: string;
  file: string;
  seq: number;
  rev: number;
  from?: number;
  code: string;
}

/** One load of the page. */
export class Page implements SocketOwner {
  readonly room: RoomClient;
  readonly editors = new Map<RoomFile, ModelEditor>();
  socket: SimSocket | undefined;
  private client = '';
  private operatedOn: string | undefined; // the file of the operation that is being heard
  private readonly clock: PageClock;
  private isOver = false;

  constructor(private readonly tab: SimTab, private readonly world: TabWorld, storage: KeyValueStore, chance: Random) {
    this.clock = new PageClock(world.agenda, chance, (action) => this.perform(action));
    this.room = new RoomClient({
      url: 'ws://simulated/ws/room',
      roomId: 'room',
      name: tab.name,
      clock: this.clock,
      outbox: storage,
      newClientId: () => world.newClientId(),
      makeSocket: () => (this.socket = world.network.makeSocket(this)),
    });
    this.room.on('welcome', () => void world.ledger.counts.connections++);
    this.room.on('fileRenamed', () => void world.ledger.counts.renames++);
    this.room.on('connection', ({ kind }) => world.trace?.(`${tab.name} is ${kind}`));
    this.room.on('conflict', ({ text, reason }) => tab.conflict(text, reason));
    this.room.connect();
  }

  get busyUntilUs(): number {
    return this.tab.busyUntilUs;
  }

  get readPauseUs(): number {
    return this.tab.readPauseUs;
  }

  /** Opens the file unless it is open. */
  open(name: string): void {
    const file = this.room.open(name);
    if (this.editors.has(file)) return;
    const editor = new ModelEditor(file, (error) => this.failed(error));
    this.editors.set(file, editor);
    file.on('gone', () => {
      this.world.ledger.counts.gone++;
      if (file.id !== undefined) this.world.ledger.gone.add(file.id);
      this.forget(file);
    });
  }

  close(file: RoomFile): void {
    this.forget(file);
    file.close();
  }

  /** The page goes: nothing of it runs any more. */
  end(): void {
    this.isOver = true;
    this.clock.end();
    for (const file of [...this.editors.keys()]) this.forget(file);
    if (this.socket) this.socket.onopen = this.socket.onmessage = this.socket.onclose = null;
    this.socket?.close();
  }

  /** Everything that the page does it does in here; afterwards its texts must agree. */
  perform(action: () => void): void {
    if (this.isOver) return;
    try {
      action();
    } catch (error) {
      this.failed(error);
    }
    this.operatedOn = undefined;
    for (const { fault } of this.editors.values()) if (fault) this.blame(fault);
  }

  // --- what passes the socket ---------------------------------------------------

  closed(code: number): void {
    const isFatal = code >= 4400 && !(code === 4409 && this.tab.hasCopy);
    if (isFatal) this.blame(`the server closes its connection with ${code}`);
  }

  givesUp(connection: number): void {
    if (!this.isOver) this.blame(`it gives up connection ${connection}, which is well`);
  }

  sends(connection: number, text: string): void {
    const { ledger, trace } = this.world;
    trace?.(`${this.tab.name} #${connection} > ${text}`);
    const message = JSON.parse(text) as Sent;
    const finds = (what: string): void => this.blame(`${what} (${message.file})`);
    if (message.type === 'open' && message.file === this.operatedOn) finds('operations leave a gap');
    else if (message.type === 'hello') this.client = message.client;
    else if (message.type === 'op') ledger.sendsEdit(this.client, message.seq, message.op);
    else if (message.type === 'chat') ledger.sendsChat(this.client, message.id, message.text);
    else if (message.type === 'diverged') finds('its text is not what a check said');
  }

  hears(connection: number, text: string): void {
    const { ledger, trace } = this.world;
    trace?.(`${this.tab.name} #${connection} < ${text}`);
    const message = JSON.parse(text) as Heard;
    this.operatedOn = message.type === 'op' ? message.file : undefined;
    if (message.type === 'ack') ledger.acks.push({ client: this.client, seq: message.seq, rev: message.rev });
    else if (message.type === 'op' && message.from !== undefined) ledger.counts.composed++;
    else if (message.type === 'check') ledger.counts.checks++;
    else if (message.type === 'error') this.hearsError(message.code, text);
  }

  private hearsError(code: string, text: string): void {
    if (code === 'rebase') this.world.ledger.counts.rebases++;
    if (['bad_op', 'internal', 'too_large'].includes(code)) this.blame(`the server refuses: ${text}`);
    if (code === 'bad_message' && !this.tab.hasCopy) this.blame(`the server refuses: ${text}`);
  }

  private forget(file: RoomFile): void {
    this.editors.get(file)?.dispose();
    this.editors.delete(file);
  }

  private failed(error: unknown): void {
    this.blame(error instanceof Error ? (error.stack ?? error.message) : String(error));
  }

  private blame(fault: string): void {
    this.world.ledger.blame(`${this.tab.name}: ${fault}`);
  }
}

export class SimTab {
  readonly name: string;
  readonly storage = new MapStore();
  page: Page;
  busyUntilUs = 0;
  readonly carets = new Map<string, readonly Selection[]>(); // where they were put last, by file
  hasCopy = false; // another tab began with what this one had stored, or the other way round

  constructor(
    readonly number: number,
    readonly readPauseUs: number,
    private readonly world: TabWorld,
    private readonly chance: Random,
    stored: ReadonlyMap<string, string> = new Map(),
  ) {
    this.name = `tab-${number}`;
    for (const [key, value] of stored) this.storage.set(key, value);
    this.page = this.load();
  }

  /** Loads the page anew. */
  reload(): void {
    this.page.end();
    this.page = this.load();
  }

  /** What a duplicate of this tab would begin with. */
  get stored(): ReadonlyMap<string, string> {
    return this.storage.values;
  }

  conflict(text: string, reason: string): void {
    const { ledger, trace } = this.world;
    trace?.(`${this.name} conflict (${reason}): ${text}`);
    ledger.conflict(this.number, text);
    ledger.blameIf(reason !== 'file-gone' && !this.hasCopy, `${this.name}: an edit is ${reason}`);
  }

  private load(): Page {
    this.world.ledger.counts.pageLoads++;
    return new Page(this, this.world, this.storage, this.chance);
  }
}
