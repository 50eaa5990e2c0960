// The rooms that this browser has been in, the latest first.

const KEY = 'tandem.rooms';
const MAX_ROOMS = 8;

export interface RecentRoom {
  readonly id: string;
  readonly name: string;
  readonly at: number; // ms since the epoch
}

function isRecentRoom(value: unknown): value is RecentRoom {
  const room = value as Partial<RecentRoom> | null;
  return typeof room?.id === 'string' && typeof room.name === 'string' && typeof room.at === 'number';
}

export function recentRooms(): RecentRoom[] {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEY) ?? '[]');
    return Array.isArray(kept) ? kept.filter(isRecentRoom) : [];
  } catch {
    return []; // written by something else: start anew
  }
}

export function forgetRoom(id: string): void {
  keep(recentRooms().filter((room) => room.id !== id));
}

export function forgetAllRooms(): void {
  localStorage.removeItem(KEY);
}

export function rememberRoom(id: string, name: string): void {
  const others = recentRooms().filter((room) => room.id !== id);
  keep([{ id, name, at: Date.now() }, ...others].slice(0, MAX_ROOMS));
}

function keep(rooms: RecentRoom[]): void {
  localStorage.setItem(KEY, JSON.stringify(rooms));
}
