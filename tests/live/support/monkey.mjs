// What a restless person does to a file: types, removes, pastes, mostly where
// the others are doing it too, in characters of every width.

import { points, replacement } from './text_op.mjs';

const alphabet = points('abcxyz 01\n\t"\\/<>éßñΩжשع中文字한😀👩🏽‍💻🇩🇪𝒳\u0301\u200d\u2028\uFEFF\uFFFF\u{10FFFF}\u0001\u007f');
const hotSpots = 3;
const lengthAimedAt = 3000;

function position(choose, length) {
  if (choose.chance(0.7)) return Math.floor((length * choose.below(hotSpots)) / (hotSpots - 1));
  return choose.below(length + 1);
}

export function someText(choose, chars) {
  return Array.from({ length: chars }, () => choose.pick(alphabet)).join('');
}

/** An operation on a text of `length`; insertions begin with `marker`. */
export function someEdit(choose, length, marker) {
  const at = position(choose, length);
  const rest = length - at;
  const tooLong = length > lengthAimedAt;
  if (choose.chance(0.06)) // a paste
    return replacement(at, 0, marker + someText(choose, 200 + choose.below(4000)));
  if (rest > 0 && choose.chance(tooLong ? 0.6 : 0.25)) // a removal, now and then a large one
    return replacement(at, Math.min(rest, 1 + choose.below(choose.chance(0.1) ? 2000 : 8)), '');
  const typed = marker + someText(choose, 1 + choose.below(4));
  if (rest > 2 && choose.chance(0.1)) // a replacement, and another place
    return [...(at ? [at] : []), typed, { d: 1 }, 1, someText(choose, 1)];
  return replacement(at, 0, typed);
}
