// What a browser gives the client library: sockets, timers, storage, randomness.
//
// A tab's pending work is in its sessionStorage, which a reload keeps and a
// duplicated tab gets a copy of. Two tabs of one client id end each other's
// connections (close code 4409): the one that has nothing pending then takes a
// new id, the other stops (see RoomClient.canOvercome).

import type { Clock, KeyValueStore, RoomOptions, Socket } from './api';

const ID_BYTES = 16;

function newClientId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(ID_BYTES));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

export const browserClock: Clock = {
  now: () => Date.now(),
  setTimer: (ms, callback) => setTimeout(callback, ms),
  clearTimer: (timer) => clearTimeout(timer as ReturnType<typeof setTimeout> | undefined),
  random: () => Math.random(),
};

/** Where storage is forbidden, nothing is kept. */
function sessionStore(): KeyValueStore {
  try {
    const storage = window.sessionStorage;
    return {
      get: (key) => storage.getItem(key),
      set: (key, value) => storage.setItem(key, value),
      remove: (key) => storage.removeItem(key),
    };
  } catch {
    return { get: () => null, set: () => {}, remove: () => {} };
  }
}

export interface Guise {
  readonly name: string;
  readonly owner?: string | undefined; // the account's id
  readonly token?: string | undefined; // an invite's
}

export function browserOptions(roomId: string, { name, owner, token }: Guise): RoomOptions {
  const scheme = location.protocol === 'https:' ? 'wss' : 'ws';
  return {
    url: `${scheme}://${location.host}/ws/${encodeURIComponent(roomId)}`,
    roomId,
    name,
    ...(owner === undefined ? {} : { owner }),
    ...(token === undefined ? {} : { token }),
    makeSocket: (url, protocol) => new WebSocket(url, protocol) as unknown as Socket,
    clock: browserClock,
    outbox: sessionStore(),
    newClientId,
  };
}
