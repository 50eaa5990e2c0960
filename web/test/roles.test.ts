// What a role changes in the client library, and how it gets in and back in.

import { beforeEach, describe, expect, it } from 'vitest';
import { parseOp } from '../src/client/text-op';
import { connectRoom, type Room, type RoomEvents, type RoomFile } from '../src/room';
import { mayComment, mayEdit, roleOf } from '../src/room/roles';
import { FakeNetwork, type Frame } from './support/fakes';

let network: FakeNetwork;
let room: Room;
let file: RoomFile;

function enter(more: { token?: string; owner?: string } = {}): void {
  network = new FakeNetwork();
  load(more);
}

/** The page is loaded, anew or again: storage is what it was. */
function load(more: { token?: string; owner?: string } = {}): void {
  room = connectRoom({ ...network.options(), ...more });
  room.connect();
  file = room.open('a.py');
}

function comeOnline(welcome: Frame = {}): void {
  network.welcome(welcome);
  network.socket.hear({ type: 'opened', file: 'a.py', rev: 3, language: 'python', text: 'hello' });
}

function comeBack(welcome: Frame = {}): void {
  network.clock.advance(20_000);
  comeOnline(welcome);
}

function heard<K extends keyof RoomEvents>(event: K): RoomEvents[K][] {
  const events: RoomEvents[K][] = [];
  room.on(event, (value) => void events.push(value));
  return events;
}

function type(position: number, text: string): void {
  file.edit(parseOp(position > 0 ? [position, text] : [text]));
}

beforeEach(() => enter());

describe('a role', () => {
  it('allows what the ones below it allow', () => {
    expect((['viewer', 'commenter', 'editor', 'owner'] as const).map((role) => [mayComment(role), mayEdit(role)])).toEqual([
      [false, false], [true, false], [true, true], [true, true],
    ]);
  });

  it('is an editor\'s where the server knows none, and the least where it is unknown here', () => {
    expect([roleOf(undefined), roleOf(''), roleOf('owner'), roleOf('emperor'), roleOf(7)]).toEqual([
      'editor', 'editor', 'owner', 'viewer', 'viewer',
    ]);
  });

  it('comes with the welcome, before the welcome is told', () => {
    const order: string[] = [];
    room.on('role', ({ role, before }) => void order.push(`${before} to ${role}`));
    room.on('welcome', () => void order.push(`welcome ${room.role}`));
    comeOnline({ role: 'viewer' });
    expect(order).toEqual(['editor to viewer', 'welcome viewer']);
    expect(file.mayEdit).toBe(false);
  });

  it('changes at once, and is told when it is another', () => {
    comeOnline();
    const roles = heard('role');
    network.socket.hear({ type: 'role', role: 'editor' });
    network.socket.hear({ type: 'role', role: 'commenter' });
    network.socket.hear({ type: 'role' });
    expect(roles).toEqual([{ role: 'commenter', before: 'editor' }]);
    expect([room.role, file.mayEdit]).toEqual(['commenter', false]);
  });

  it('of a peer is told by another join', () => {
    comeOnline();
    network.socket.hear({ type: 'cursor', site: 2, file: 'a.py', rev: 3, ranges: [[1, 1]] });
    expect(file.cursors).toHaveLength(1);
    network.socket.hear({ type: 'join', site: 2, name: 'Bob', color: '#112233', role: 'viewer' });
    expect(room.peers).toEqual([{ site: 2, name: 'Bob', color: '#112233', role: 'viewer' }]);
    expect(file.cursors).toEqual([]);
  });
});

describe('who may only read', () => {
  it('shows no cursor, until that is allowed', () => {
    comeOnline({ role: 'viewer' });
    file.select([{ anchor: 2, head: 2 }]);
    network.clock.advance(1000);
    expect(network.socket.ofType('cursor')).toEqual([]);
    network.socket.hear({ type: 'role', role: 'commenter' });
    expect(network.socket.ofType('cursor')).toEqual([{ type: 'cursor', file: 'a.py', rev: 3, ranges: [[2, 2]] }]);
  });

  it('changes no files', () => {
    comeOnline({ role: 'commenter' });
    const notices = heard('notice');
    room.createFile('b.py');
    room.renameFile('a.py', 'c.py');
    room.deleteFile('a.py');
    expect(network.socket.ofType('file')).toEqual([]);
    expect(notices.map(({ code }) => code)).toEqual(['forbidden', 'forbidden', 'forbidden']);
  });

  it('gets what was typed before handed out when it is refused', () => {
    comeOnline();
    const conflicts = heard('conflict');
    type(5, '!');
    type(6, '?');
    network.socket.hear({ type: 'role', role: 'viewer' });
    expect(room.pending).toBe(2);
    network.socket.hear({ type: 'error', code: 'forbidden', message: '', file: 'a.py', seq: 1 });
    expect(conflicts).toEqual([{ file: 'a.py', text: 'hello!?', reason: 'forbidden' }]);
    expect([room.pending, file.localText]).toEqual([0, 'hello']);
  });

  it('keeps what reached the server in time', () => {
    comeOnline();
    const conflicts = heard('conflict');
    type(5, '!');
    network.socket.hear({ type: 'role', role: 'viewer' });
    network.socket.hear({ type: 'ack', file: 'a.py', seq: 1, rev: 4 });
    expect([room.pending, file.localText, conflicts]).toEqual([0, 'hello!', []]);
  });
});

describe('an invite', () => {
  it('is shown in every hello', () => {
    enter({ token: 'invite-1' });
    comeOnline();
    expect(network.socket.sent[0]).toMatchObject({ type: 'hello', token: 'invite-1' });
    network.socket.closedBy(1006);
    comeBack();
    expect(network.socket.sent[0]).toMatchObject({ type: 'hello', token: 'invite-1' });
  });

  it('that is not good any more is left out, once', () => {
    enter({ token: 'old' });
    const notices = heard('notice');
    network.socket.onopen?.();
    network.socket.closedBy(4401);
    expect(notices.map(({ code }) => code)).toEqual(['invite_refused']);
    comeBack();
    expect(network.socket.sent[0]).not.toHaveProperty('token');
    network.socket.closedBy(4401);
    expect(room.connection).toEqual({ kind: 'ended', reason: 'not-authenticated' });
  });
});

describe('who is not signed in any more', () => {
  it('goes on after signing in, with what was typed', () => {
    comeOnline();
    type(5, '!');
    network.socket.closedBy(4401);
    expect(room.connection).toEqual({ kind: 'ended', reason: 'not-authenticated' });
    network.clock.advance(60_000);
    expect(network.sockets).toHaveLength(1);
    expect([room.pending, room.unsaved]).toEqual([1, [{ file: 'a.py', text: 'hello!' }]]);
    room.rename('Ada Lovelace');
    room.signedIn();
    expect(network.sockets).toHaveLength(2);
    network.welcome();
    const open = [{ file: 'a.py', rev: 3, seq: 1 }];
    expect(network.socket.sent[0]).toMatchObject({ client: 'client-1', name: 'Ada Lovelace', open });
    network.socket.hear({ type: 'opened', file: 'a.py', rev: 3, language: 'python', from: 3 });
    network.socket.hear({ type: 'ack', file: 'a.py', seq: 1, rev: 4 });
    expect([room.pending, room.unsaved, file.localText]).toEqual([0, [], 'hello!']);
  });

  it('goes on when the same one signs in again', () => {
    enter({ owner: '7' });
    comeOnline();
    type(5, '!');
    network.socket.closedBy(4401);
    expect(room.signedIn('7')).toBe(true);
    network.welcome();
    expect(network.socket.sent[0]).toMatchObject({ client: 'client-1', open: [{ file: 'a.py', rev: 3, seq: 1 }] });
  });

  it('sends nothing more when somebody else signs in, and still has what was typed', () => {
    enter({ owner: '7' });
    comeOnline();
    type(5, '!');
    network.socket.closedBy(4401);
    expect(room.signedIn('8')).toBe(false);
    expect(room.signedIn()).toBe(false);
    network.clock.advance(60_000);
    expect(network.sockets).toHaveLength(1);
    expect(room.connection).toEqual({ kind: 'ended', reason: 'not-authenticated' });
    expect(room.unsaved).toEqual([{ file: 'a.py', text: 'hello!' }]);
  });

  it('does not come back by signing in where that was not the reason', () => {
    comeOnline();
    type(5, '!');
    network.socket.closedBy(4403);
    room.signedIn();
    expect(room.connection).toEqual({ kind: 'ended', reason: 'forbidden' });
    expect(room.unsaved).toEqual([{ file: 'a.py', text: 'hello!' }]);
  });
});

describe('what is pending when the page is loaded again', () => {
  function typeAndLeave(owner?: string): void {
    enter(owner === undefined ? {} : { owner });
    comeOnline();
    type(5, '!');
    room.keepPending();
    network.socket.closedBy(4401);
  }

  /** The texts of the edits that went out, and how many are pending. */
  function sentAfterLoading(owner?: string): [unknown[], number] {
    load(owner === undefined ? {} : { owner });
    comeOnline();
    return [network.socket.ofType('op').map(({ op }) => op), room.pending];
  }

  it('is sent by the account that typed it', () => {
    typeAndLeave('7');
    load({ owner: '7' });
    network.welcome();
    expect(room.pending).toBe(1);
    expect(network.socket.sent[0]).toMatchObject({ client: 'client-1', open: [{ file: 'a.py', rev: 3, seq: 1 }] });
  });

  it('is not sent by another, nor by a guest, and waits for its own', () => {
    typeAndLeave('7');
    expect(sentAfterLoading('8')).toEqual([[], 0]);
    expect(network.socket.sent[0]).not.toMatchObject({ client: 'client-1' });
    expect(sentAfterLoading()).toEqual([[], 0]);
    load({ owner: '7' });
    expect(room.pending).toBe(1);
  });

  it('of a guest is sent by whoever signs in next, and by nobody after that', () => {
    typeAndLeave();
    load({ owner: '7' });
    expect(room.pending).toBe(1);
    expect(sentAfterLoading('8')).toEqual([[], 0]);
  });

  it('of a guest who signed in in place is that account\'s', () => {
    typeAndLeave();
    expect(room.signedIn('7')).toBe(true);
    network.socket.closedBy(4401);
    expect(room.signedIn('8')).toBe(false);
    expect(sentAfterLoading('8')).toEqual([[], 0]);
    load({ owner: '7' });
    expect(room.pending).toBe(1);
  });
});
