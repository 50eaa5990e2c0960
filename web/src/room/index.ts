// The client library of tandem: a room, its files, and what happens in them.

import type { Room, RoomOptions } from './api';
import { RoomClient } from './room';

export type * from './api';
export { Link } from './link';
export { Outbox } from './outbox';
export { parseMessage } from './messages';
export { mayComment, mayEdit, ROLES } from './roles';

/** A room that is not connected yet: subscribe, then call connect(). */
export function connectRoom(options: RoomOptions): Room {
  return new RoomClient(options);
}
