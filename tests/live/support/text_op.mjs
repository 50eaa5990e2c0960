// Operations as docs/protocol.md describes them, written from that page alone:
// arrays of keeps (numbers), insertions (strings) and removals ({d: n}) that
// count code points. Texts are arrays of code points. Slow and plain on purpose:
// this is the second implementation, the one that the others are checked against.

const isInsert = (part) => typeof part === 'string';
const isKeep = (part) => typeof part === 'number';

export const points = (text) => Array.from(text);
export const lengthOf = (part) =>
  isInsert(part) ? points(part).length : isKeep(part) ? part : part.d;

/** Appends to a canonical operation. */
function push(op, part) {
  if (lengthOf(part) === 0) return;
  const last = op[op.length - 1];
  if (isKeep(part) && isKeep(last)) op[op.length - 1] += part;
  else if (isInsert(part) && isInsert(last)) op[op.length - 1] += part;
  else if (part.d && last?.d) op[op.length - 1] = { d: last.d + part.d };
  else op.push(part);
}

export function canonical(op) {
  const out = [];
  for (const part of op) push(out, part);
  while (isKeep(out[out.length - 1])) out.pop();
  return out;
}

export function isCanonical(op) {
  return JSON.stringify(canonical(op)) === JSON.stringify(op);
}

/** Reads an operation piece by piece; behind its end it keeps for ever. */
class Reader {
  constructor(op) {
    this.parts = op.map((part) => (isInsert(part) ? points(part) : part));
  }

  get insert() {
    return Array.isArray(this.parts[0]);
  }

  get ended() {
    return this.parts.length === 0;
  }

  get room() {
    if (this.ended) return Infinity;
    const [part] = this.parts;
    return this.insert ? part.length : (part.d ?? part);
  }

  take(count) {
    if (this.ended) return count;
    const [part] = this.parts;
    const whole = count >= this.room;
    const n = whole ? this.room : count;
    if (this.insert) {
      if (whole) this.parts.shift();
      return whole ? part.join('') : part.splice(0, n).join('');
    }
    if (whole) this.parts.shift();
    else this.parts[0] = part.d ? { d: part.d - n } : part - n;
    return part.d ? { d: n } : n;
  }
}

/** `op` as it must be after `against` was applied to the same text. */
export function transform(op, against, side) {
  const [mine, theirs, out] = [new Reader(op), new Reader(against), []];
  while (!mine.ended) {
    if (mine.insert && !(theirs.insert && side === 'right')) {
      push(out, mine.take(Infinity));
    } else if (theirs.insert) {
      push(out, lengthOf(theirs.take(Infinity)));
    } else {
      const n = Math.min(mine.room, theirs.room);
      const [part, other] = [mine.take(n), theirs.take(n)];
      if (!other.d) push(out, part);
    }
  }
  return canonical(out);
}

/** One operation that does what `first` and then `second` do. */
export function compose(first, second) {
  const [before, after, out] = [new Reader(first), new Reader(second), []];
  while (!before.ended || !after.ended) {
    if (after.insert) {
      push(out, after.take(Infinity));
    } else if (before.parts[0]?.d) {
      push(out, before.take(Infinity));
    } else {
      const n = Math.min(before.room, after.room);
      const [part, next] = [before.take(n), after.take(n)];
      if (!next.d) push(out, part);
      else if (!isInsert(part)) push(out, { d: n });
    }
  }
  return canonical(out);
}

/** Changes `text` in place. Throws if the operation reaches beyond it. */
export function apply(text, op) {
  const reach = op.reduce((sum, part) => (isInsert(part) ? sum : sum + lengthOf(part)), 0);
  if (reach > text.length) throw new Error(`an operation reaches ${reach} of ${text.length}`);
  let at = 0;
  for (const part of op) {
    if (isKeep(part)) {
      at += part;
    } else if (isInsert(part)) {
      const added = points(part);
      for (let i = 0; i < added.length; i += 10_000)
        text.splice(at + i, 0, ...added.slice(i, i + 10_000));
      at += added.length;
    } else {
      text.splice(at, part.d);
    }
  }
}

export const insertedText = (op) => op.filter(isInsert).join('');

export function replacement(position, removed, text) {
  return canonical([position, text, ...(removed ? [{ d: removed }] : [])]);
}
