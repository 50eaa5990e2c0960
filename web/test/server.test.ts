// The library against the real server: two people, dropped connections, chat.

import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { replacement } from '../src/client/text-op';
import { countCodePoints } from '../src/client/unicode';
import type { Room, RoomFile, Socket } from '../src/room/api';
import { connectRoom } from '../src/room';
import { MapStore } from './support/fakes';

const binary = process.env['TANDEM_TEST_BIN'] ?? fileURLToPath(new URL('../../build/tandem', import.meta.url));
const isThere = existsSync(binary);
if (!isThere) console.log('skipped: no server to test against (TANDEM_TEST_BIN, build/tandem)');

let server: ChildProcess;
let address = '';
let clients = 0;

function start(): Promise<string> {
  server = spawn(binary, ['serve', '--listen', '127.0.0.1:0', '--store', 'memory:']);
  return new Promise((resolve, reject) => {
    let printed = '';
    const read = (data: Buffer): void => {
      printed += data.toString();
      const ready = /tandem is ready at (http:\S+)/.exec(printed)?.[1];
      if (ready) resolve(ready);
    };
    server.stdout?.on('data', read);
    server.stderr?.on('data', read);
    server.on('exit', () => reject(new Error(`the server ended: ${printed}`)));
  });
}

async function until(holds: () => boolean): Promise<void> {
  for (let waited = 0; !holds(); waited += 5) {
    if (waited > 10_000) throw new Error(`it never came true: ${holds.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

class Person {
  readonly room: Room;
  readonly file: RoomFile;
  private socket: WebSocket | undefined;

  constructor(roomId: string, name: string) {
    this.room = connectRoom({
      url: `${address.replace('http', 'ws')}/ws/${roomId}`,
      roomId,
      name,
      makeSocket: (url, protocol) => {
        this.socket = new WebSocket(url, protocol);
        return this.socket as unknown as Socket;
      },
      clock: {
        now: Date.now,
        setTimer: (ms, callback) => setTimeout(callback, ms),
        clearTimer: (timer) => clearTimeout(timer as NodeJS.Timeout),
        random: () => 0.1,
      },
      outbox: new MapStore(),
      newClientId: () => `test-${process.pid}-${++clients}`,
    });
    this.file = this.room.open('main.py');
    this.room.connect();
  }

  append(text: string): void {
    this.file.edit(replacement(countCodePoints(this.file.localText), 0, text));
  }

  drop(): void {
    this.socket?.terminate();
  }
}

describe.skipIf(!isThere)('the server', () => {
  beforeAll(async () => {
    address = await start();
  });

  afterAll(() => void server?.kill());

  it('and two clients agree', async () => {
    const answer = await fetch(`${address}/rooms`, { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } });
    const { room_id: roomId } = (await answer.json()) as { room_id: string };
    const people = [new Person(roomId, 'Ada'), new Person(roomId, 'Bob')] as const;
    const [ada, bob] = people;
    await until(() => ada.file.isOpen && bob.file.isOpen);

    for (let round = 0; round < 30; round++) {
      ada.append(`a${round}😀 `);
      bob.append(`b${round} `);
      if (round % 10 === 5) bob.drop();
      await new Promise((resolve) => setTimeout(resolve, 3));
    }
    await until(() => people.every(({ room }) => room.connection.kind === 'online' && room.pending === 0));
    await until(() => ada.file.localText === bob.file.localText);
    for (let round = 0; round < 30; round++) {
      for (const token of [`a${round}😀 `, `b${round} `]) expect(ada.file.localText.split(token)).toHaveLength(2);
    }

    bob.file.select([{ anchor: 1, head: 3 }]);
    await until(() => ada.file.cursors.some(({ peer, ranges }) => peer.name === 'Bob' && ranges[0]?.head === 3));
    bob.room.say('hello');
    await until(() => ada.room.chat.some(({ text }) => text === 'hello') && bob.room.chat[0]?.n !== undefined);
    expect([ada.room.chat[0]?.own, bob.room.chat[0]?.own]).toEqual([false, true]);

    ada.room.renameFile('main.py', 'app.py');
    await until(() => bob.file.name === 'app.py');
    bob.append('the end');
    await until(() => ada.file.localText.endsWith('the end'));
    for (const { room } of people) room.leave();
  }, 30_000);
});
