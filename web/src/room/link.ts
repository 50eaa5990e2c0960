// The connection to a room: one socket at a time, made anew whenever it is gone,
// until somebody ends it or the server gives a reason that trying again cannot
// help.
//
//   connecting ──welcome──▶ online        connecting, online ──lost──▶ waiting
//       ▲                                                                │
//       └───────────────── the delay is over, reconnectNow ──────────────┘
//   any ──end, a fatal close code──▶ ended ──resume──▶ connecting

import type { Clock, ConnectionState, EndReason, Socket } from './api';

const PROTOCOL = 'tandem.v1';
const FIRST_DELAY_MS = 250;
const LONGEST_DELAY_MS = 15_000;
const STABLE_AFTER_MS = 10_000;
const CONNECT_TIMEOUT_MS = 10_000;
const ANSWER_TIMEOUT_MS = 10_000;

const FATAL_CLOSE_CODES = new Map<number, EndReason>([
  [4400, 'bad-message'],
  [4401, 'not-authenticated'],
  [4403, 'forbidden'],
  [4404, 'no-such-room'],
  [4409, 'elsewhere'],
  [4413, 'too-large'],
]);

export interface LinkOwner {
  /** The socket is open: say hello. */
  opened(): void;
  heard(frame: string): void;
  /** The socket that was open, or was to be, is gone. */
  lost(): void;
  stateChanged(state: ConnectionState): void;
  /** Something was sent that the server has yet to answer. */
  isAnswerDue(): boolean;
  /** The reason does not hold any more: connect again. */
  canOvercome(reason: EndReason): boolean;
}

export interface LinkOptions {
  url: string;
  makeSocket: (url: string, protocol: string) => Socket;
  clock: Clock;
}

type TimerName = 'connect' | 'retry' | 'stable' | 'answer';

export class Link {
  private state_: ConnectionState = { kind: 'connecting' };
  private socket: Socket | undefined;
  private isOpen = false;
  private attempt = 0;
  private lastProgress = 0;
  private lastBuffered = 0;
  private readonly timers = new Map<TimerName, unknown>();

  constructor(
    private readonly options: LinkOptions,
    private readonly owner: LinkOwner,
  ) {}

  get state(): ConnectionState {
    return this.state_;
  }

  connect(): void {
    if (this.socket || this.state_.kind === 'ended') return;
    this.stopTimers();
    this.setState({ kind: 'connecting' });
    this.start('connect', CONNECT_TIMEOUT_MS, () => this.fail());
    let socket: Socket;
    try {
      socket = this.options.makeSocket(this.options.url, PROTOCOL);
    } catch {
      this.fail();
      return;
    }
    this.socket = socket;
    socket.onopen = () => this.socketOpened();
    socket.onmessage = ({ data }) => this.socketHeard(data);
    socket.onclose = ({ code }) => this.socketClosed(code);
    socket.onerror = () => {}; // the close that follows says it all
  }

  /** The server has answered the hello. */
  welcomed(): void {
    this.setState({ kind: 'online' });
    this.start('stable', STABLE_AFTER_MS, () => (this.attempt = 0));
  }

  send(message: object): void {
    if (!this.socket || !this.isOpen) return;
    this.socket.send(JSON.stringify(message));
    if (!this.timers.has('answer') && this.owner.isAnswerDue()) this.watchForAnswer();
  }

  reconnectNow(): void {
    if (this.state_.kind !== 'waiting') return;
    this.attempt = 0;
    this.connect();
  }

  /** What ended it for that reason is mended. */
  resume(reason: EndReason): void {
    if (this.state_.kind !== 'ended' || this.state_.reason !== reason) return;
    this.attempt = 0;
    this.setState({ kind: 'waiting', retryAt: this.options.clock.now() });
    this.connect();
  }

  /** A new connection in the place of this one. */
  restart(): void {
    if (!this.socket) return;
    this.dropSocket();
    this.owner.lost();
    this.connect();
  }

  end(reason: EndReason): void {
    if (this.state_.kind === 'ended') return;
    const hadSocket = this.socket !== undefined;
    this.stopTimers();
    this.dropSocket();
    if (hadSocket) this.owner.lost();
    this.setState({ kind: 'ended', reason });
  }

  // --- the socket -------------------------------------------------------------

  private socketOpened(): void {
    this.isOpen = true;
    this.stop('connect');
    this.owner.opened();
  }

  private socketHeard(data: unknown): void {
    this.lastProgress = this.options.clock.now();
    if (typeof data === 'string') this.owner.heard(data);
    if (this.timers.has('answer') && !this.owner.isAnswerDue()) this.stop('answer');
  }

  private socketClosed(code: number): void {
    const reason = FATAL_CLOSE_CODES.get(code);
    if (reason && !this.owner.canOvercome(reason)) this.end(reason);
    else this.fail();
  }

  private dropSocket(): void {
    const { socket } = this;
    this.socket = undefined;
    this.isOpen = false;
    if (!socket) return;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close(1000);
  }

  /** Whatever there was is of no use: again, later. */
  private fail(): void {
    const { clock } = this.options;
    this.stopTimers();
    this.dropSocket();
    this.owner.lost();
    const longest = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** Math.min(this.attempt++, 16));
    const delay = Math.round(clock.random() * longest); // full jitter: all clients of a server that comes back
    this.start('retry', delay, () => this.connect());
    this.setState({ kind: 'waiting', retryAt: clock.now() + delay });
  }

  // --- the watchdog -----------------------------------------------------------
  // A connection that died in silence still looks open. It is given up when an
  // answer is due and for a while nothing came in and nothing went out. The timer
  // runs only while an answer is due.

  private watchForAnswer(): void {
    this.lastProgress = this.options.clock.now();
    this.lastBuffered = this.socket?.bufferedAmount ?? 0;
    this.start('answer', ANSWER_TIMEOUT_MS, () => this.checkForAnswer());
  }

  private checkForAnswer(): void {
    if (!this.socket || !this.owner.isAnswerDue()) return;
    const buffered = this.socket.bufferedAmount;
    if (buffered < this.lastBuffered) this.lastProgress = this.options.clock.now();
    this.lastBuffered = buffered;
    const left = this.lastProgress + ANSWER_TIMEOUT_MS - this.options.clock.now();
    if (left > 0) this.start('answer', left, () => this.checkForAnswer());
    else this.fail();
  }

  // --- state and timers -------------------------------------------------------

  private setState(state: ConnectionState): void {
    if (state.kind === 'connecting' && this.state_.kind === 'connecting') return;
    this.state_ = state;
    this.owner.stateChanged(state);
  }

  private start(name: TimerName, ms: number, callback: () => void): void {
    this.stop(name);
    const timer = this.options.clock.setTimer(ms, () => {
      this.timers.delete(name);
      callback();
    });
    this.timers.set(name, timer);
  }

  private stop(name: TimerName): void {
    if (!this.timers.has(name)) return;
    this.options.clock.clearTimer(this.timers.get(name));
    this.timers.delete(name);
  }

  private stopTimers(): void {
    for (const name of [...this.timers.keys()]) this.stop(name);
  }
}
