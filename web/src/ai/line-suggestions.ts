// The latest answers as they hold for a line: found again while the line is the
// same, or while what is suggested is being typed. Whatever happens on other lines
// does not matter, and a change of this one, by whomever, ends them. Pure.

/** A caret in its line. */
export interface CaretLine {
  readonly file: object; // which file: any object that is that file's and no other's
  readonly before: string; // of the line, up to the caret
  readonly after: string;
}

interface Kept extends CaretLine {
  readonly insert: string;
}

/** What is left of a suggestion, and how much of what is behind the caret it says again. */
export interface Rest {
  readonly insert: string;
  readonly covers: number; // UTF-16 units
}

const MAX_KEPT = 20;
const CLOSING = /^[)\]}>"'`]*$/;

export class LineSuggestions {
  private kept: Kept[] = [];

  keep(at: CaretLine, insert: string): void {
    if (insert === '') return;
    this.kept = [{ ...at, insert }, ...this.kept].slice(0, MAX_KEPT);
  }

  /** Undefined if there is none. */
  find(at: CaretLine): Rest | undefined {
    for (const { file, before, after, insert } of this.kept) {
      if (file !== at.file || !at.before.startsWith(before) || !at.after.endsWith(after)) continue;
      const typed = at.before.slice(before.length);
      // The editor closes brackets and quotes that are opened by typing what is suggested.
      const closed = at.after.slice(0, at.after.length - after.length);
      const rest = insert.slice(typed.length);
      const fits = insert.startsWith(typed) && CLOSING.test(closed) && rest.endsWith(closed);
      if (fits && rest !== closed) return { insert: rest, covers: closed.length };
    }
    return undefined;
  }

  clear(): void {
    this.kept = [];
  }
}
