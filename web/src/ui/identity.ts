// The user's name: a friendly made-up one until the user writes another.

const KEY = 'tandem.name';
export const MAX_NAME_LENGTH = 40;

const TEMPERS = ['Calm', 'Brave', 'Clever', 'Gentle', 'Lucky', 'Merry', 'Nimble', 'Quiet', 'Swift', 'Witty'];
const ANIMALS = ['Otter', 'Heron', 'Badger', 'Lynx', 'Magpie', 'Fox', 'Tern', 'Hare', 'Marten', 'Wren'];

function oneOf(list: readonly string[]): string {
  return list[Math.floor(Math.random() * list.length)] as string;
}

export function tidyName(name: string): string {
  return name.replace(/\s+/g, ' ').trim().slice(0, MAX_NAME_LENGTH);
}

export function ownName(): string {
  const kept = tidyName(localStorage.getItem(KEY) ?? '');
  if (kept) return kept;
  const made = `${oneOf(TEMPERS)} ${oneOf(ANIMALS)}`;
  localStorage.setItem(KEY, made);
  return made;
}

/** Returns the name that is now kept; an empty one changes nothing. */
export function keepName(name: string): string {
  const tidy = tidyName(name);
  if (tidy) localStorage.setItem(KEY, tidy);
  return ownName();
}

/** Up to two letters for an avatar. */
export function initials(name: string): string {
  const words = name.split(' ').filter(Boolean);
  const letters = [words[0], words.length > 1 ? words.at(-1) : undefined];
  return letters.map((word) => [...(word ?? '')][0] ?? '').join('').toUpperCase();
}
