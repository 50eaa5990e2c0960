// One WebSocket to one room, kept alive: it connects, says hello, notices when
// the line is dead, and comes back with growing, random waits. It knows nothing
// of files. Socket, clock and chance are handed in.
//
//   idle ─open─▶ connecting ──welcome──▶ live
//                  ▲    │ lost             │ lost
//                  │    ▼                  ▼
//                  └─ waiting ◀────────────┘          fatal code ─▶ fatal
//
// Invariants
//  1. At most one socket is listened to; a socket that was given up is mute.
//  2. `onLost` follows every `onLive`, before the next one.

import type { ServerMessage } from './messages';
import { readMessage } from './messages';

export interface SocketLike {
  readonly bufferedAmount: number;
  onopen: ((event: never) => void) | null;
  onmessage: ((event: never) => void) | null;
  onclose: ((event: never) => void) | null;
  onerror: ((event: never) => void) | null;
  send(data: string): void;
  close(code?: number, reason?: string): void;
}

export type SocketFactory = (url: string, protocol: string) => SocketLike;

export interface Clock {
  now(): number;
  random(): number;
  setTimeout(task: () => void, ms: number): unknown;
  clearTimeout(handle: unknown): void;
}

export type ConnectionState =
  | { is: 'idle' }
  | { is: 'connecting'; attempt: number }
  | { is: 'live' }
  | { is: 'waiting'; attempt: number; retryAt: number }
  | { is: 'fatal'; code: number; reason: string };

export interface ConnectionOwner {
  hello(): object;
  onState(state: ConnectionState): void;
  onMessage(message: ServerMessage): void;
  onLost(): void;
  /** Since when an edit has waited for its answer. */
  waitingSince(): number | undefined;
  /** Sends something harmless that the server answers; false if there is nothing to send. */
  probe(): boolean;
}

export const SUBPROTOCOL = 'tandem.v1';

const ANSWER_MS = 10_000; // to a hello, an edit, a probe
const SILENCE_MS = 50_000; // then a probe goes out
const STUCK_SENDING_MS = 15_000;
const STABLE_MS = 5_000; // a connection of this age resets the waits
const TICK_MS = 2_000;
const SLEPT_MS = 10_000; // a tick this late means that the machine or the tab slept
const FIRST_WAIT_MS = 250;
const LONGEST_WAIT_MS = 15_000;

const FATAL = new Map<number, string>([
  [4400, 'The server could not understand this page. Reload it; if that does not help, the server is of another version.'],
  [4401, 'This room asks for an invitation. Open it with the link that you were given.'],
  [4403, 'You may not enter this room.'],
  [4404, 'There is no such room.'],
  [4413, 'A change was too large for the server.'],
]);

export class Connection {
  private state_: ConnectionState = { is: 'idle' };
  private socket: SocketLike | undefined;
  private attempt = 0;
  private timer: unknown; // of the phase: hello's answer, the next attempt, or the tick
  private liveSince = 0;
  private lastReceived = 0;
  private lastTick = 0;
  private probedAt: number | undefined;
  private sending = { amount: 0, progressAt: 0 };

  constructor(
    private readonly url: string,
    private readonly makeSocket: SocketFactory,
    private readonly clock: Clock,
    private readonly owner: ConnectionOwner,
  ) {}

  get state(): ConnectionState {
    return this.state_;
  }

  get isLive(): boolean {
    return this.state_.is === 'live';
  }

  /** Connects, or does not wait any longer to. */
  open(): void {
    if (this.state_.is === 'idle' || this.state_.is === 'waiting') this.connect();
  }

  /** For good, until open() is called. */
  close(): void {
    this.drop();
    this.enter({ is: 'idle' });
  }

  /** The machine is back, the tab is seen: try now, or make sure of the line. */
  nudge(): void {
    if (this.state_.is === 'waiting') this.connect();
    else if (this.isLive && this.clock.now() - this.lastReceived > ANSWER_MS) this.probe();
  }

  /** Returns whether it was sent: not while there is no connection. */
  send(message: object): boolean {
    if (!this.isLive) return false;
    this.socket?.send(JSON.stringify(message));
    return true;
  }

  private connect(): void {
    this.clearTimer();
    this.enter({ is: 'connecting', attempt: this.attempt });
    this.timer = this.clock.setTimeout(() => this.lost(), ANSWER_MS);
    try {
      this.listen(this.makeSocket(this.url, SUBPROTOCOL));
    } catch {
      this.lost();
    }
  }

  private listen(socket: SocketLike): void {
    this.socket = socket;
    socket.onopen = () => socket.send(JSON.stringify({ type: 'hello', ...this.owner.hello() }));
    socket.onmessage = (event: { data: unknown }) => this.received(event.data);
    socket.onclose = (event: { code: number }) => this.closed(event.code);
    socket.onerror = () => undefined; // a close follows
  }

  private received(data: unknown): void {
    this.lastReceived = this.clock.now();
    this.probedAt = undefined;
    const message = typeof data === 'string' ? readMessage(data) : undefined;
    if (!message) return;
    if (message.type === 'welcome') this.welcomed();
    this.owner.onMessage(message);
  }

  private welcomed(): void {
    this.clearTimer();
    const now = this.clock.now();
    this.liveSince = this.lastTick = now;
    this.sending = { amount: 0, progressAt: now };
    this.enter({ is: 'live' });
    this.timer = this.clock.setTimeout(() => this.tick(), TICK_MS);
  }

  private closed(code: number): void {
    const reason = FATAL.get(code);
    if (reason === undefined) {
      this.lost();
      return;
    }
    this.drop();
    this.enter({ is: 'fatal', code, reason });
  }

  /** Gives the socket up without waiting for its farewell, which a dead line never brings. */
  private drop(): void {
    this.clearTimer();
    this.probedAt = undefined;
    const { socket } = this;
    this.socket = undefined;
    if (socket) {
      socket.onopen = socket.onmessage = socket.onclose = null;
      socket.onerror = () => undefined;
      socket.close();
    }
    if (this.isLive) {
      this.state_ = { is: 'idle' };
      this.owner.onLost();
    }
  }

  private lost(): void {
    if (this.isLive && this.clock.now() - this.liveSince >= STABLE_MS) this.attempt = 0;
    this.drop();
    const longest = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(this.attempt, 10));
    const wait = this.clock.random() * longest;
    this.attempt++;
    this.timer = this.clock.setTimeout(() => this.connect(), wait);
    this.enter({ is: 'waiting', attempt: this.attempt, retryAt: this.clock.now() + wait });
  }

  private tick(): void {
    const now = this.clock.now();
    const slept = now - this.lastTick > SLEPT_MS;
    this.lastTick = now;
    // What came in during a sleep has not been handled yet: judge at the next tick.
    if (!slept && this.isDead(now)) {
      this.lost();
      return;
    }
    if (now - this.lastReceived >= SILENCE_MS && this.probedAt === undefined) this.probe();
    this.timer = this.clock.setTimeout(() => this.tick(), TICK_MS);
  }

  private isDead(now: number): boolean {
    const amount = this.socket?.bufferedAmount ?? 0;
    if (amount < this.sending.amount || (amount > 0 && this.sending.amount === 0)) {
      this.sending.progressAt = now;
    }
    this.sending.amount = amount;
    const idle = now - this.sending.progressAt;
    if (amount > 0) return idle >= STUCK_SENDING_MS; // what is not sent yet has no answer
    const waiting = this.owner.waitingSince();
    const isOverdue = (since: number | undefined) =>
      since !== undefined && Math.min(now - since, idle) >= ANSWER_MS;
    return isOverdue(waiting) || isOverdue(this.probedAt);
  }

  private probe(): void {
    if (this.owner.probe()) this.probedAt = this.clock.now();
  }

  private clearTimer(): void {
    if (this.timer !== undefined) this.clock.clearTimeout(this.timer);
    this.timer = undefined;
  }

  private enter(state: ConnectionState): void {
    this.state_ = state;
    this.owner.onState(state);
  }
}
