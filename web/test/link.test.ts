import { beforeEach, describe, expect, it } from 'vitest';
import type { ConnectionState, EndReason } from '../src/room/api';
import { Link } from '../src/room/link';
import { FakeNetwork } from './support/fakes';

let network: FakeNetwork;
let link: Link;
let states: ConnectionState[];
let answerDue: boolean;
let overcome: EndReason | undefined;
let lost: number;

beforeEach(() => {
  network = new FakeNetwork();
  states = [];
  answerDue = true;
  overcome = undefined;
  lost = 0;
  link = new Link(network.options(), {
    opened: () => link.send({ type: 'hello' }),
    heard: () => {},
    lost: () => void lost++,
    stateChanged: (state) => void states.push(state),
    isAnswerDue: () => answerDue,
    canOvercome: (reason) => reason === overcome,
  });
  link.connect();
});

function delayOfRetry(): number {
  const { state } = link;
  if (state.kind !== 'waiting') throw new Error(`it is ${state.kind}`);
  return state.retryAt - network.clock.now();
}

function comeOnline(): void {
  network.socket.onopen?.();
  network.socket.hear({});
  link.welcomed();
}

describe('Link', () => {
  it('speaks tandem.v1 and says hello first', () => {
    expect(network.socket.protocol).toBe('tandem.v1');
    link.send({ type: 'early' });
    network.socket.onopen?.();
    expect(network.socket.sent).toEqual([{ type: 'hello' }]);
  });

  it('waits longer each time, up to 15 s, with full jitter', () => {
    network.clock.randomValue = 0.999999;
    const delays: number[] = [];
    for (let i = 0; i < 9; i++) {
      network.socket.closedBy(1006);
      delays.push(delayOfRetry());
      network.clock.advance(delayOfRetry());
    }
    expect(delays).toEqual([250, 500, 1000, 2000, 4000, 8000, 15000, 15000, 15000]);
    network.clock.randomValue = 0;
    network.socket.closedBy(1006);
    expect(delayOfRetry()).toBe(0);
  });

  it('begins anew after 10 s of a stable connection, not before', () => {
    network.clock.randomValue = 0.999999;
    answerDue = false;
    for (const [stableMs, expected] of [[0, 250], [9000, 500], [10_000, 250]] as const) {
      comeOnline();
      network.clock.advance(stableMs);
      network.socket.closedBy(1006);
      expect(delayOfRetry()).toBe(expected);
      network.clock.advance(expected);
    }
  });

  it('tries at once when asked, but only while waiting', () => {
    link.reconnectNow();
    expect(network.sockets).toHaveLength(1);
    network.socket.closedBy(1001);
    link.reconnectNow();
    expect(network.sockets).toHaveLength(2);
    network.clock.advance(5000);
    expect(network.sockets).toHaveLength(2);
  });

  it('gives a socket 10 s to open', () => {
    network.clock.advance(9999);
    expect(link.state.kind).toBe('connecting');
    network.clock.advance(1);
    expect(link.state.kind).toBe('waiting');
    expect(network.socket.isClosed).toBe(true);
  });

  it('gives up a connection that owes an answer for 10 s', () => {
    comeOnline();
    network.clock.advance(6000);
    network.socket.hear({});
    network.clock.advance(9999);
    expect(link.state.kind).toBe('online');
    network.clock.advance(1);
    expect(link.state.kind).toBe('waiting');
    expect(lost).toBe(1);
  });

  it('is patient while nothing is due, and while a large frame goes out', () => {
    comeOnline();
    answerDue = false;
    network.clock.advance(60_000);
    answerDue = true;
    network.socket.bufferedAmount = 3000;
    link.send({ type: 'op' });
    for (const left of [2000, 1000]) {
      network.socket.bufferedAmount = left;
      network.clock.advance(10_000);
    }
    expect(link.state.kind).toBe('online');
    network.clock.advance(10_000);
    expect(link.state.kind).toBe('waiting');
  });

  it('counts from the frame that is owed an answer, not from an earlier one', () => {
    comeOnline();
    answerDue = false;
    network.socket.hear({});
    network.clock.advance(9000);
    answerDue = true;
    link.send({ type: 'op' });
    network.clock.advance(9999);
    expect(link.state.kind).toBe('online');
  });

  it.each<[number, EndReason]>([
    [4400, 'bad-message'], [4401, 'not-authenticated'], [4403, 'forbidden'],
    [4404, 'no-such-room'], [4409, 'elsewhere'], [4413, 'too-large'],
  ])('ends for good after %i', (code, reason) => {
    comeOnline();
    network.socket.closedBy(code);
    expect(link.state).toEqual({ kind: 'ended', reason });
    network.clock.advance(100_000);
    link.connect();
    expect(network.sockets).toHaveLength(1);
  });

  it.each([1000, 1001, 1006, 1013, 4408, 4429])('comes back after %i', (code) => {
    network.socket.closedBy(code);
    expect(link.state.kind).toBe('waiting');
  });

  it('comes back after a reason that its owner overcomes', () => {
    overcome = 'elsewhere';
    network.socket.closedBy(4409);
    expect(link.state.kind).toBe('waiting');
  });

  it('tells nothing of a socket that it has left', () => {
    const old = network.socket;
    link.end('left');
    old.closedBy(1006);
    expect(states).toEqual([{ kind: 'ended', reason: 'left' }]);
  });
});
