import { beforeEach, describe, expect, it } from 'vitest';
import type { ChatMessage, Room, RoomFile } from '../src/room/api';
import { parseOp } from '../src/client/text-op';
import { connectRoom } from '../src/room';
import { parseMessage } from '../src/room/messages';
import { FakeNetwork, type Frame } from './support/fakes';

let network: FakeNetwork;
let room: Room;
let file: RoomFile;

beforeEach(() => {
  network = new FakeNetwork();
  room = connectRoom(network.options());
  room.connect();
  file = room.open('a.py');
});

function comeOnline(text = 'hello', rev = 3): void {
  network.welcome();
  network.socket.hear({ type: 'opened', file: 'a.py', rev, language: 'python', text });
}

function reconnect(welcome: Frame = {}): void {
  network.socket.closedBy(1006);
  network.clock.advance(20_000);
  network.welcome(welcome);
}

function type(position: number, text: string): void {
  file.edit(parseOp(position > 0 ? [position, text] : [text]));
}

describe('a room', () => {
  it('says who it is and what it follows, then tells what it hears', () => {
    comeOnline();
    expect(network.socket.sent[0]).toMatchObject({ type: 'hello', client: 'client-1', name: 'Ada', open: [{ file: 'a.py' }] });
    expect([room.roomName, room.site, room.connection.kind]).toEqual(['Room', 1, 'online']);
    expect(room.peers.map(({ name }) => name)).toEqual(['Bob']);
    expect([file.localText, file.language]).toEqual(['hello', 'python']);
  });

  it('sends an edit again after a reconnect, by the same number', () => {
    comeOnline();
    type(5, '!');
    expect(room.pending).toBe(1);
    reconnect();
    expect(network.socket.sent[0]).toMatchObject({ client: 'client-1', open: [{ file: 'a.py', rev: 3, seq: 1 }] });
    network.socket.hear({ type: 'opened', file: 'a.py', rev: 3, language: 'python', from: 3 });
    expect(network.socket.ofType('op')).toEqual([{ type: 'op', file: 'a.py', rev: 3, seq: 1, op: [5, '!'] }]);
    network.socket.hear({ type: 'ack', file: 'a.py', seq: 1, rev: 4 });
    expect([room.pending, file.localText]).toEqual([0, 'hello!']);
    expect(network.outbox.values.size).toBe(0);
  });

  it('numbers its connections, also when the clock goes back', () => {
    comeOnline();
    const first = network.socket.sent[0]?.['attempt'] as number;
    expect(first).toBe(network.clock.now());
    network.clock.now = () => 5;
    reconnect();
    expect(network.socket.sent[0]).toMatchObject({ attempt: first + 1 });
  });

  it('keeps pending edits over a reload', () => {
    comeOnline();
    type(0, 'A');
    type(1, 'B');
    network.clock.advance(200);
    const again = connectRoom({ ...network.options(), newClientId: () => 'other' });
    expect(again.pending).toBe(2);
    const same = again.open('a.py');
    expect(same.localText).toBe('ABhello');
    again.connect();
    network.welcome();
    expect(network.socket.sent[0]).toMatchObject({ client: 'client-1', open: [{ file: 'a.py', rev: 3, seq: 1 }] });
    network.socket.hear({ type: 'opened', file: 'a.py', rev: 4, language: 'python', from: 3 });
    network.socket.hear({ type: 'ack', file: 'a.py', seq: 1, rev: 4 });
    network.socket.hear({ type: 'opened', file: 'a.py', rev: 4, language: 'python', text: 'Ahello' });
    expect(same.localText).toBe('ABhello');
    const [second] = network.socket.ofType('op');
    expect(second).toMatchObject({ rev: 4, op: [1, 'B'] });
    expect(second?.['seq']).toBeGreaterThan(2);
  });

  it('gives numbers of their own to a duplicated tab and to the one it was made from, loaded anew', () => {
    comeOnline();
    type(0, 'A');
    type(1, 'B'); // gets its number after the reload
    network.clock.advance(200);
    const stored = [...network.outbox.values];
    const numbers = [0.2, 0.7].map((random) => {
      network.clock.randomValue = random;
      for (const [key, value] of stored) network.outbox.set(key, value);
      connectRoom(network.options()).connect();
      network.welcome();
      network.socket.hear({ type: 'opened', file: 'a.py', rev: 4, language: 'python', from: 3 });
      network.socket.hear({ type: 'ack', file: 'a.py', seq: 1, rev: 4 });
      network.socket.hear({ type: 'opened', file: 'a.py', rev: 4, language: 'python', text: 'Ahello' });
      return network.socket.ofType('op')[0]?.['seq'] as number;
    });
    expect(Math.abs((numbers[0] as number) - (numbers[1] as number))).toBeGreaterThan(1_000_000);
  });

  it('sends what a reload has left even if nobody opens the file, then closes it', () => {
    comeOnline();
    type(0, 'A');
    const again = connectRoom(network.options());
    again.connect();
    network.welcome();
    network.socket.hear({ type: 'opened', file: 'a.py', rev: 3, language: 'python', from: 3 });
    network.socket.hear({ type: 'ack', file: 'a.py', seq: 1, rev: 4 });
    expect(network.socket.ofType('close')).toHaveLength(1);
    expect(again.pending).toBe(0);
  });

  it('keeps nothing in a full store', () => {
    comeOnline();
    type(0, 'A');
    network.outbox.isFull = true;
    type(0, 'B');
    network.clock.advance(200);
    expect(network.outbox.values.size).toBe(0);
  });

  it('takes another id when its own is in use elsewhere and nothing is pending', () => {
    comeOnline();
    network.socket.closedBy(4409);
    network.clock.advance(20_000);
    network.welcome();
    expect(network.socket.sent[0]).toMatchObject({ client: 'client-2' });
  });

  it('stops when its id is in use elsewhere and edits are pending', () => {
    comeOnline();
    type(0, 'A');
    network.socket.closedBy(4409);
    expect(room.connection).toEqual({ kind: 'ended', reason: 'elsewhere' });
    expect(network.outbox.values.size).toBe(1);
  });

  it('reconnects under a new name as soon as nothing is pending', () => {
    comeOnline();
    type(0, 'A');
    room.rename('Grace');
    expect(network.sockets).toHaveLength(1);
    network.socket.hear({ type: 'ack', file: 'a.py', seq: 1, rev: 4 });
    expect(network.sockets).toHaveLength(2);
    network.welcome();
    expect(network.socket.sent[0]).toMatchObject({ name: 'Grace' });
  });
});

describe('errors', () => {
  it('that pass are waited for', () => {
    comeOnline();
    type(0, 'A');
    network.socket.hear({ type: 'error', code: 'rate_limited', message: '', file: 'a.py', seq: 1, retry_ms: 700 });
    network.clock.advance(699);
    expect(network.socket.ofType('op')).toHaveLength(1);
    network.clock.advance(1);
    expect(network.socket.ofType('op')).toHaveLength(2);
  });

  it('of the store make the room read-only until an ack', () => {
    comeOnline();
    type(0, 'A');
    network.socket.hear({ type: 'error', code: 'unavailable', message: '', file: 'a.py', seq: 1, retry_ms: 700 });
    expect(room.readOnly).toBe(true);
    network.clock.advance(9000);
    expect(room.readOnly).toBe(true);
    network.socket.hear({ type: 'ack', file: 'a.py', seq: 1, rev: 4 });
    expect(room.readOnly).toBe(false);
  });

  it('of the store let the user try again when nothing is pending', () => {
    comeOnline();
    network.socket.hear({ type: 'error', code: 'unavailable', message: 'read-only' });
    expect(room.readOnly).toBe(true);
    network.clock.advance(9000);
    expect(room.readOnly).toBe(false);
  });

  it('about an edit that is refused hand its text to the user', () => {
    const conflicts: unknown[] = [];
    room.on('conflict', (conflict) => conflicts.push(conflict));
    comeOnline();
    type(5, '!');
    network.socket.hear({ type: 'error', code: 'too_large', message: '', file: 'a.py', seq: 1 });
    expect(conflicts).toEqual([{ file: 'a.py', text: 'hello!', reason: 'too-large' }]);
    expect([file.localText, room.pending]).toEqual(['hello', 0]);
  });

  it('about changing files are told and touch no edit', () => {
    const notices: string[] = [];
    room.on('notice', ({ code }) => notices.push(code));
    comeOnline();
    type(5, '!');
    room.createFile('a.py');
    network.socket.hear({ type: 'error', code: 'file_exists', message: 'exists', file: 'a.py' });
    network.socket.hear({ type: 'error', code: 'unknown_file', message: 'busy', file: 'a.py' });
    expect(notices).toEqual(['file_exists', 'unknown_file']);
    expect(room.pending).toBe(1);
  });
});

describe('files', () => {
  it('live on under another name', () => {
    const renames: unknown[] = [];
    room.on('fileRenamed', (rename) => renames.push(rename));
    comeOnline();
    type(5, '!');
    network.socket.hear({ type: 'file', do: 'rename', file: 'a.py', to: 'b.py', language: 'python', by: 2 });
    network.socket.hear({ type: 'error', code: 'stale', message: '', file: 'a.py', seq: 1 });
    expect(network.socket.sent.at(-1)).toEqual({ type: 'open', file: 'b.py', seq: 1 });
    network.socket.hear({ type: 'opened', file: 'b.py', rev: 3, language: 'python', text: 'hello' });
    expect(network.socket.sent.at(-1)).toMatchObject({ type: 'op', file: 'b.py', seq: 1, op: [5, '!'] });
    expect([file.name, room.open('b.py') === file, renames.length]).toEqual(['b.py', true, 1]);
    expect(room.files.map((info) => info.file)).toEqual(['b.py']);
  });

  it('that are removed hand out what was not saved', () => {
    const conflicts: unknown[] = [];
    room.on('conflict', ({ reason }) => conflicts.push(reason));
    comeOnline();
    type(5, '!');
    network.socket.hear({ type: 'file', do: 'delete', file: 'a.py', by: 2 });
    expect([conflicts, room.pending, room.files]).toEqual([['file-gone'], 0, []]);
  });

  it('that are removed hand out what a reload has left, even if nobody has opened them', () => {
    comeOnline();
    type(5, '!');
    const again = connectRoom(network.options());
    const conflicts: unknown[] = [];
    again.on('conflict', (conflict) => conflicts.push(conflict));
    again.connect();
    network.welcome({ files: [] });
    expect(conflicts).toEqual([{ file: 'a.py', text: 'hello!', reason: 'file-gone' }]);
  });

  it('that were removed while away are found to be gone', () => {
    comeOnline();
    let isGone = false;
    file.on('gone', () => (isGone = true));
    reconnect({ files: [] });
    expect([isGone, room.files]).toEqual([true, []]);
  });

  it('are closed when their edits are in', () => {
    comeOnline();
    type(0, 'A');
    file.close();
    expect(network.socket.ofType('close')).toHaveLength(0);
    network.socket.hear({ type: 'ack', file: 'a.py', seq: 1, rev: 4 });
    expect(network.socket.ofType('close')).toHaveLength(1);
    expect(room.open('a.py')).not.toBe(file);
  });
});

describe('files with ids', () => {
  const info = (name: string, id: number): Frame => ({ file: name, id, rev: 3, language: 'python' });
  const opened = (name: string, id: number, text: string): Frame => ({ type: 'opened', ...info(name, id), text });

  function comeOnlineWith(...files: Frame[]): void {
    network.welcome({ files });
    for (const each of files) network.socket.hear({ type: 'opened', ...each, text: 'hello' });
  }

  function renamesHeard(): unknown[] {
    const renames: unknown[] = [];
    room.on('fileRenamed', ({ from, to }) => renames.push([from, to]));
    return renames;
  }

  function conflictsHeard(): unknown[] {
    const conflicts: unknown[] = [];
    room.on('conflict', (conflict) => conflicts.push(conflict));
    return conflicts;
  }

  it('are asked for and edited by id', () => {
    comeOnlineWith(info('a.py', 5));
    expect([file.id, room.files]).toEqual([5, [{ file: 'a.py', id: 5, language: 'python' }]]);
    type(5, '!');
    expect(network.socket.sent.at(-1)).toMatchObject({ type: 'op', file: 'a.py', id: 5, seq: 1 });
    reconnect({ files: [info('a.py', 5)] });
    expect(network.socket.sent[0]).toMatchObject({ open: [{ file: 'a.py', id: 5, rev: 3, seq: 1 }] });
  });

  it('that are opened while online are asked for by the id that the room has told', () => {
    comeOnlineWith(info('a.py', 5));
    network.socket.hear({ type: 'file', do: 'create', file: 'b.py', id: 9, language: 'python', by: 2 });
    expect(room.open('b.py').id).toBe(9);
    expect(network.socket.sent.at(-1)).toEqual({ type: 'open', file: 'b.py', id: 9 });
  });

  it('that were renamed while away go on under the new name', () => {
    comeOnlineWith(info('a.py', 5));
    const renames = renamesHeard();
    type(5, '!');
    reconnect({ files: [info('c.py', 5), info('a.py', 9)] });
    network.socket.hear({ type: 'opened', ...info('c.py', 5), from: 3 });
    expect(network.socket.sent.at(-1)).toMatchObject({ type: 'op', file: 'c.py', id: 5, seq: 1 });
    expect([renames, file.name, room.open('c.py') === file]).toEqual([[['a.py', 'c.py']], 'c.py', true]);
  });

  it('that have got each other\'s names while away are told apart', () => {
    const other = room.open('b.py');
    comeOnlineWith(info('a.py', 5), info('b.py', 6));
    const names: string[][] = [];
    room.on('fileRenamed', () => names.push([file.name, other.name]));
    reconnect({ files: [info('b.py', 5), info('a.py', 6)] });
    expect(names).toEqual([['b.py', 'a.py'], ['b.py', 'a.py']]);
    network.socket.hear({ type: 'opened', ...info('b.py', 5), from: 3 });
    network.socket.hear({ type: 'op', file: 'b.py', rev: 4, op: ['>'] });
    expect([file.localText, other.localText]).toEqual(['>hello', 'hello']);
  });

  it('that exchange their names in two steps are told apart', () => {
    const other = room.open('b.py');
    comeOnlineWith(info('a.py', 5), info('b.py', 6));
    network.socket.hear({ type: 'file', do: 'rename', file: 'a.py', to: 'b.py', id: 5, language: 'python' });
    network.socket.hear({ type: 'file', do: 'rename', file: 'b.py', to: 'a.py', id: 6, language: 'python' });
    expect([file.name, other.name]).toEqual(['b.py', 'a.py']);
    expect(room.files.map(({ file: name, id }) => [name, id])).toEqual([['a.py', 6], ['b.py', 5]]);
  });

  it('that are gone while another has the name hand out what was not saved', () => {
    comeOnlineWith(info('a.py', 5));
    const conflicts = conflictsHeard();
    let isGone = false;
    file.on('gone', () => (isGone = true));
    type(5, '!');
    reconnect({ files: [info('a.py', 9)] });
    expect(conflicts).toEqual([{ file: 'a.py', text: 'hello!', reason: 'file-gone' }]);
    expect([isGone, room.pending]).toEqual([true, 0]);
    const anew = room.open('a.py');
    expect(network.socket.sent.at(-1)).toEqual({ type: 'open', file: 'a.py', id: 9 });
    network.socket.hear(opened('a.py', 9, 'another'));
    expect([anew === file, anew.localText]).toEqual([false, 'another']);
  });

  it('are not mistaken for the removed one whose name another takes', () => {
    const other = room.open('b.py');
    comeOnlineWith(info('a.py', 5), info('b.py', 6));
    const conflicts = conflictsHeard();
    room.on('conflict', () => expect(room.open('a.py')).toBe(other));
    type(5, '!');
    reconnect({ files: [info('a.py', 6)] });
    expect([conflicts.length, other.name]).toEqual([1, 'a.py']);
  });

  it('that were renamed are found by what a reload has left', () => {
    comeOnlineWith(info('a.py', 5));
    type(5, '!');
    const again = connectRoom(network.options());
    again.connect();
    network.welcome({ files: [info('a.py', 9), info('c.py', 5)] });
    expect(network.socket.sent[0]).toMatchObject({ open: [{ file: 'a.py', id: 5, rev: 3, seq: 1 }] });
    network.socket.hear({ type: 'opened', ...info('c.py', 5), from: 3 });
    expect(network.socket.sent.at(-1)).toMatchObject({ type: 'op', file: 'c.py', id: 5, seq: 1, op: [5, '!'] });
    expect(again.open('c.py').localText).toBe('hello!');
  });

  it('that are opened by a new name before the reload\'s work is known to be of it are opened again', () => {
    comeOnlineWith(info('a.py', 5));
    type(5, '!');
    const again = connectRoom(network.options());
    const early = again.open('c.py');
    let isGone = false;
    early.on('gone', () => (isGone = true));
    again.connect();
    network.welcome({ files: [info('c.py', 5)] });
    expect([isGone, again.open('c.py').localText]).toEqual([true, 'hello!']);
  });

  it('that were removed before a reload are not mistaken for those of the same name', () => {
    comeOnlineWith(info('a.py', 5));
    type(5, '!');
    room = connectRoom(network.options());
    const conflicts = conflictsHeard();
    room.connect();
    network.welcome({ files: [info('a.py', 9)] });
    expect(conflicts).toEqual([{ file: 'a.py', text: 'hello!', reason: 'file-gone' }]);
    expect(room.open('a.py').isOpen).toBe(false);
  });

  it('that nobody follows are known under their new names', () => {
    comeOnlineWith(info('a.py', 5), info('b.py', 6));
    network.socket.hear({ type: 'file', do: 'rename', file: 'b.py', to: 'c.py', id: 6, language: 'python' });
    expect(room.files.map(({ file: name, id }) => [name, id])).toEqual([['a.py', 5], ['c.py', 6]]);
  });

  it('take the name that `opened` says', () => {
    comeOnlineWith(info('a.py', 5));
    const renames = renamesHeard();
    reconnect({ files: [info('a.py', 5)] });
    network.socket.hear({ type: 'opened', ...info('c.py', 5), from: 3 });
    expect([renames, file.name, room.files.map((each) => each.file)]).toEqual([[['a.py', 'c.py']], 'c.py', ['c.py']]);
  });

  it('pass over an `opened` of another one', () => {
    comeOnlineWith(info('a.py', 5));
    reconnect({ files: [info('a.py', 5)] });
    network.socket.hear(opened('a.py', 4, 'of the one before'));
    expect(file.localText).toBe('hello');
  });

  it('are not asked for a second time when they are renamed meanwhile', () => {
    comeOnlineWith(info('a.py', 5));
    reconnect({ files: [info('a.py', 5)] });
    network.socket.hear({ type: 'file', do: 'rename', file: 'a.py', to: 'c.py', id: 5, language: 'python' });
    expect(network.socket.ofType('open')).toEqual([]);
  });
});

describe('chat', () => {
  it('is sent again until it comes back, and is shown once', () => {
    const events: ChatMessage[] = [];
    room.on('chat', (message) => events.push(message));
    comeOnline();
    room.say('hi');
    const id = network.socket.ofType('chat')[0]?.['id'];
    expect(room.chat).toMatchObject([{ n: undefined, id, text: 'hi', own: true }]);
    reconnect();
    expect(network.socket.ofType('chat')).toEqual([{ type: 'chat', id, text: 'hi' }]);
    network.socket.hear({ type: 'chat', n: 7, name: 'Ada', text: 'hi', at: 5, site: 1, id });
    expect(room.chat).toMatchObject([{ n: 7, id, own: true }]);
    expect(events.map(({ n }) => n)).toEqual([undefined, 7]);
    reconnect({ chat: [{ n: 7, name: 'Ada', text: 'hi', at: 5 }] });
    expect(network.socket.ofType('chat')).toEqual([]);
    expect(room.chat).toMatchObject([{ n: 7, own: true }]);
  });

  it('that was said but not echoed is found again in the welcome', () => {
    comeOnline();
    room.say('hi');
    const id = network.socket.ofType('chat')[0]?.['id'];
    const said = { n: 7, name: 'Ada', text: 'hi', at: 5 };
    reconnect({ chat: [said] });
    network.socket.hear({ type: 'chat', ...said, site: 1, id });
    expect(room.chat).toMatchObject([{ n: 7, id, own: true }]);
  });

  it('that is refused is given up', () => {
    comeOnline();
    room.say('x');
    const id = network.socket.ofType('chat')[0]?.['id'];
    network.socket.hear({ type: 'error', code: 'too_large', message: 'long', id });
    expect(room.chat).toEqual([]);
  });
});

describe('cursors', () => {
  const caret = (at: number): Frame => ({ type: 'cursor', site: 2, file: 'a.py', rev: 3, ranges: [[at, at]] });
  const shown = (): number[] => file.cursors.flatMap(({ ranges }) => ranges.map(({ head }) => head));

  it('of others stand in the local text', () => {
    comeOnline();
    network.socket.hear(caret(2));
    type(0, '>>');
    expect(shown()).toEqual([4]);
    network.socket.hear({ type: 'ack', file: 'a.py', seq: 1, rev: 4 });
    expect(shown()).toEqual([4]);
  });

  it('of the past are carried on, of the future wait', () => {
    comeOnline();
    network.socket.hear({ type: 'op', file: 'a.py', rev: 4, op: ['>>'] });
    network.socket.hear(caret(2));
    expect(shown()).toEqual([4]);
    network.socket.hear({ ...caret(6), rev: 5 });
    expect(shown()).toEqual([4]);
    network.socket.hear({ type: 'op', file: 'a.py', rev: 5, op: ['!'] });
    expect(shown()).toEqual([6]);
  });

  it('go with the edits of their owner, and with their owner', () => {
    comeOnline();
    network.socket.hear({ type: 'op', file: 'a.py', rev: 4, op: [2, 'xyz'], by: 2 });
    expect(shown()).toEqual([5]);
    network.socket.hear({ type: 'leave', site: 2 });
    expect(shown()).toEqual([]);
  });

  it('of the own are told when the text is the server\'s, ten times a second at most', () => {
    comeOnline();
    const told = (): unknown[] => network.socket.ofType('cursor').map(({ rev, ranges }) => [rev, ranges]);
    file.select([{ anchor: 1, head: 1 }]);
    file.select([{ anchor: 2, head: 2 }]);
    file.select([{ anchor: 3, head: 99 }]);
    expect(told()).toEqual([[3, [[1, 1]]]]);
    network.clock.advance(100);
    expect(told()).toEqual([[3, [[1, 1]]], [3, [[3, 5]]]]);
    type(0, 'A');
    network.clock.advance(1000);
    expect(told()).toHaveLength(2);
    network.socket.hear({ type: 'ack', file: 'a.py', seq: 1, rev: 4 });
    expect(told().at(-1)).toEqual([4, [[4, 6]]]);
  });
});

describe('messages', () => {
  it('are checked', () => {
    expect(parseMessage('{')).toBeUndefined();
    expect(parseMessage('{"type":"news"}')).toBeUndefined();
    expect(parseMessage('{"type":"__proto__"}')).toBeUndefined();
    expect(parseMessage('{"type":"op","file":"a","rev":1,"op":[""]}')).toBeUndefined();
    expect(parseMessage('{"type":"ack","file":"a","seq":1}')).toBeUndefined();
    expect(parseMessage('{"type":"join","site":3,"name":"\\u202eEve\\u0007","color":"red;}"}')).toEqual({
      type: 'join', peer: { site: 3, name: 'Eve', color: '#7a7f87', role: 'editor' },
    });
  });
});
