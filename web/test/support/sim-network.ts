// The network between browsers and the simulated server: what is sent arrives
// later and in order, is read when its tab has time, and is lost when the
// connection is cut, which either end may notice at once or late.

import type { Socket } from '../../src/room/api';
import type { Agenda } from './sim-agenda';
import { LOOKAHEAD_US, type Happening, type SimBridge } from './sim-bridge';
import type { Random } from './random';

const LONGEST_WAY_US = 3000;

/** The browser tab that a socket belongs to. */
export interface SocketOwner {
  /** Until when it takes nothing that has come. */
  readonly busyUntilUs: number;
  /** The longest that it takes from one frame to the next. */
  readonly readPauseUs: number;
  /** Runs what the browser would call. */
  perform(action: () => void): void;
  sends(connection: number, text: string): void;
  closed(code: number): void;
  /** The client has closed a connection over which everything passes. */
  givesUp(connection: number): void;
  hears(connection: number, text: string): void;
}

interface Arrived {
  bytes: number;
  text: string;
}

export class SimSocket implements Socket {
  bufferedAmount = 0;
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number; reason: string }) => void) | null = null;
  onerror: ((event: unknown) => void) | null = null;
  private isOpen = false;
  private isCut = false; // nothing passes any more
  private isOver = false; // the browser knows
  private lastUpUs = 0;
  private lastDownUs = 0;
  private underWay: unknown[] = []; // to the server
  private unread: Arrived[] = [];
  private closeCode: number | undefined; // behind what is unread
  private isReading = false;

  constructor(
    readonly connection: number,
    private readonly network: SimNetwork,
    private readonly owner: SocketOwner,
  ) {
    this.up(() => network.bridge.tell(`connect ${connection}`));
  }

  get isUsable(): boolean {
    return this.isOpen && !this.isCut && !this.isOver;
  }

  send(text: string): void {
    if (!this.isOpen || this.isOver) throw new Error('a frame is sent on a socket that is not open');
    this.owner.sends(this.connection, text);
    if (this.isCut) this.bufferedAmount += text.length;
    else this.up(() => this.network.bridge.tell(`frame ${this.connection} ${text}`));
  }

  close(): void {
    if (this.isOver) return;
    if (this.isUsable) this.owner.givesUp(this.connection);
    this.isOver = true;
    if (!this.isCut) this.up(() => this.network.bridge.tell(`drop ${this.connection}`));
    const { agenda, chance } = this.network;
    const closed = (): void => this.onclose?.({ code: 1000, reason: '' });
    agenda.plan(agenda.nowUs + chance.below(LONGEST_WAY_US), () => this.owner.perform(closed));
  }

  /** Some of what is under way still arrives; the ends notice when they are said to. */
  cut(clientNoticesUs: number, serverNoticesUs: number): void {
    if (this.isCut || this.isOver) return;
    this.isCut = true;
    const { agenda, bridge, chance } = this.network;
    for (const lost of this.underWay.splice(chance.below(this.underWay.length + 1))) agenda.cancel(lost);
    const noticed = Math.max(this.lastUpUs, agenda.nowUs + serverNoticesUs);
    agenda.plan(noticed, () => bridge.tell(`drop ${this.connection}`));
    agenda.plan(agenda.nowUs + clientNoticesUs, () => this.end(1006));
  }

  // --- from the server ----------------------------------------------------------

  take(happening: Happening): void {
    if (this.isCut) return;
    const { agenda, chance } = this.network;
    const arrives = happening.atUs + LOOKAHEAD_US + chance.below(LONGEST_WAY_US);
    this.lastDownUs = Math.max(this.lastDownUs, arrives);
    agenda.plan(this.lastDownUs, () => {
      if (!this.isCut && !this.isOver) this.arrived(happening);
    });
  }

  private arrived(happening: Happening): void {
    switch (happening.what) {
      case 'open':
        this.isOpen = true;
        this.owner.perform(() => this.onopen?.());
        break;
      case 'refuse':
        this.end(1006);
        break;
      case 'frame':
        this.unread.push(happening);
        this.readLater();
        break;
      case 'close':
        this.closeCode = happening.code;
        this.readLater();
        break;
    }
  }

  private readLater(): void {
    if (this.isReading || this.isOver) return;
    this.isReading = true;
    const { agenda, chance } = this.network;
    const pause = chance.below(this.owner.readPauseUs + 1);
    agenda.plan(Math.max(agenda.nowUs, this.owner.busyUntilUs) + pause, () => {
      this.isReading = false;
      this.readNext();
    });
  }

  private readNext(): void {
    if (this.isOver) return;
    if (this.network.agenda.nowUs < this.owner.busyUntilUs) return this.readLater();
    const frame = this.unread.shift();
    if (frame) {
      if (!this.isCut) this.network.bridge.tell(`read ${this.connection} ${frame.bytes}`);
      this.owner.hears(this.connection, frame.text);
      this.owner.perform(() => this.onmessage?.({ data: frame.text }));
    } else if (this.closeCode !== undefined) {
      this.end(this.closeCode);
      return;
    }
    if (this.unread.length > 0 || this.closeCode !== undefined) this.readLater();
  }

  /** The browser finds the connection gone. */
  private end(code: number): void {
    if (this.isOver) return;
    this.isOver = true;
    if (!this.isCut) this.network.bridge.tell(`drop ${this.connection}`);
    this.owner.closed(code);
    this.owner.perform(() => this.onclose?.({ code, reason: '' }));
  }

  private up(deliver: () => void): void {
    const { agenda, chance } = this.network;
    this.lastUpUs = Math.max(this.lastUpUs, agenda.nowUs + 1 + chance.below(LONGEST_WAY_US));
    const planned = agenda.plan(this.lastUpUs, () => {
      this.underWay.splice(this.underWay.indexOf(planned), 1);
      deliver();
    });
    this.underWay.push(planned);
  }
}

export class SimNetwork {
  private readonly sockets: SimSocket[] = []; // by connection

  constructor(
    readonly agenda: Agenda,
    readonly bridge: SimBridge,
    readonly chance: Random,
  ) {}

  makeSocket(owner: SocketOwner): SimSocket {
    const socket = new SimSocket(this.sockets.length, this, owner);
    this.sockets.push(socket);
    return socket;
  }

  take(happening: Happening): void {
    this.sockets[happening.connection]?.take(happening);
  }
}
