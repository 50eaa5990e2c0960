// A clock that is turned by hand, sockets that lead nowhere, storage in a Map.

import type { Clock, KeyValueStore, RoomOptions, Socket } from '../../src/room/api';

export class FakeClock implements Clock {
  private time = 1_000_000;
  private readonly timers = new Set<{ at: number; callback: () => void }>();
  randomValue = 0.5;

  now(): number {
    return this.time;
  }

  random(): number {
    return this.randomValue;
  }

  setTimer(ms: number, callback: () => void): unknown {
    const timer = { at: this.time + ms, callback };
    this.timers.add(timer);
    return timer;
  }

  clearTimer(timer: unknown): void {
    this.timers.delete(timer as { at: number; callback: () => void });
  }

  advance(ms: number): void {
    const end = this.time + ms;
    for (;;) {
      const next = [...this.timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (!next) break;
      this.timers.delete(next);
      this.time = next.at;
      next.callback();
    }
    this.time = end;
  }
}

export type Frame = Record<string, unknown>;

export class FakeSocket implements Socket {
  bufferedAmount = 0;
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number; reason: string }) => void) | null = null;
  onerror: ((event: unknown) => void) | null = null;
  readonly sent: Frame[] = [];
  isClosed = false;

  constructor(readonly protocol: string) {}

  send(text: string): void {
    this.sent.push(JSON.parse(text) as Frame);
  }

  close(): void {
    this.isClosed = true;
  }

  hear(frame: Frame): void {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }

  closedBy(code: number): void {
    this.onclose?.({ code, reason: '' });
  }

  ofType(type: string): Frame[] {
    return this.sent.filter((frame) => frame['type'] === type);
  }
}

export class MapStore implements KeyValueStore {
  readonly values = new Map<string, string>();
  isFull = false;

  get(key: string): string | null {
    return this.values.get(key) ?? null;
  }

  set(key: string, value: string): void {
    if (this.isFull) throw new Error('full');
    this.values.set(key, value);
  }

  remove(key: string): void {
    this.values.delete(key);
  }
}

export class FakeNetwork {
  readonly sockets: FakeSocket[] = [];
  readonly clock = new FakeClock();
  readonly outbox = new MapStore();
  private ids = 0;

  get socket(): FakeSocket {
    const last = this.sockets[this.sockets.length - 1];
    if (!last) throw new Error('no socket yet');
    return last;
  }

  options(): RoomOptions {
    return {
      url: 'ws://host/ws/r1',
      roomId: 'r1',
      name: 'Ada',
      clock: this.clock,
      outbox: this.outbox,
      newClientId: () => `client-${++this.ids}`,
      makeSocket: (_url, protocol) => {
        const socket = new FakeSocket(protocol);
        this.sockets.push(socket);
        return socket;
      },
    };
  }

  /** The socket opens and the server says welcome; `more` replaces fields of it. */
  welcome(more: Frame = {}): FakeSocket {
    const { socket } = this;
    socket.onopen?.();
    socket.hear({
      type: 'welcome', protocol: 1, site: 1, role: 'editor', room: { id: 'r1', name: 'Room' },
      files: [{ file: 'a.py', rev: 0, language: 'python' }],
      peers: [{ site: 2, name: 'Bob', color: '#112233', role: 'editor' }],
      chat: [], limits: { frame_bytes: 65536, op_chars: 1000, ops_per_second: 100 }, ...more,
    });
    return socket;
  }
}
