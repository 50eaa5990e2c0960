// What comes behind the # of a link. Invitations are taken out of the address
// bar, so that nobody passes one on by accident, and kept for the tab; that a
// sign-in has failed is news once.

export interface Place {
  readonly hash: string;
  /** The address bar shows what is before it alone from now on. */
  hideHash(): void;
  readonly store: {
    getItem(key: string): string | null;
    setItem(key: string, value: string): void;
    removeItem(key: string): void;
  };
}

const SIGN_UP_KEY = 'tandem.sign-up';

export function browserPlace(): Place {
  return {
    hash: location.hash,
    hideHash: () => history.replaceState(history.state, '', `${location.pathname}${location.search}`),
    get store() {
      return sessionStorage; // may be forbidden
    },
  };
}

function keyOf(room: string): string {
  return `tandem.invite:${room}`;
}

function takeFromHash(place: Place, name: string): string | undefined {
  const found = new RegExp(`^#${name}=([A-Za-z0-9._~-]+)$`).exec(place.hash)?.[1];
  if (found !== undefined) place.hideHash();
  return found;
}

function takeAndKeep(place: Place, name: string, key: string): string | undefined {
  const found = takeFromHash(place, name);
  try {
    if (found !== undefined) place.store.setItem(key, found);
    return found ?? place.store.getItem(key) ?? undefined;
  } catch {
    return found; // no storage: good until the page is left
  }
}

function forget(place: Place, key: string): void {
  try {
    place.store.removeItem(key);
  } catch {
    // nothing is kept there
  }
}

export function roomInvite(place: Place, room: string): string | undefined {
  return takeAndKeep(place, 'invite', keyOf(room));
}

export function forgetRoomInvite(place: Place, room: string): void {
  forget(place, keyOf(room));
}

export function signUpInvite(place: Place): string | undefined {
  return takeAndKeep(place, 'sign-up', SIGN_UP_KEY);
}

/** Whether this is the way back from a sign-in at the company's provider that has failed. */
export function takeFailedSignIn(place: Place): boolean {
  const hasFailed = place.hash === '#sign-in-failed';
  if (hasFailed) place.hideHash();
  return hasFailed;
}

export function forgetSignUpInvite(place: Place): void {
  forget(place, SIGN_UP_KEY);
}
