// What the person before a simulated tab does, drawn from a seed.

import type { UnitChange } from '../../src/editor/edit-conversion';
import { isHighSurrogate } from '../../src/client/unicode';
import type { Random } from './random';
import type { ModelEditor } from './model-editor';
import type { SimTab, TabWorld } from './sim-tab';

const LONGEST_TEXT = 150; // UTF-16 units; longer ones are rather deleted from
const SAVED_AFTER_US = 100_000; // the client keeps pending edits within this time
const FILES_OPEN = 2;
// Few: names come to stand for other files, are exchanged, and are taken.
const FILE_NAMES = ['a.py', 'b.py', 'c.py', 'folder/d.py', 'folder/e.py'];
const OTHERS = [...'ab \n\t"\\', 'é', 'ß', '€', '✓', '😀', '\u{1d4b3}'];

/** What the world does for its people. */
export interface UserHost {
  /** A text that was not used before. */
  newMessage(): string;
  /** Another tab that begins with what this one has stored. */
  duplicate(tab: SimTab): void;
}

export class SimUser {
  constructor(
    readonly tab: SimTab,
    private readonly world: TabWorld,
    private readonly chance: Random,
    private readonly host: UserHost,
  ) {}

  /** One thing of all that a person may do. */
  act(): void {
    this.tab.page.perform(() => this.doSomething());
  }

  private doSomething(): void {
    const { chance, tab } = this;
    const { room } = tab.page;
    if (room.connection.kind === 'waiting' && chance.chance(0.2)) room.reconnectNow();
    const isEnded = room.connection.kind === 'ended';
    const what = chance.next() * (isEnded ? 0.5 : 1);
    if (what < 0.03) this.loseConnection();
    else if (what < 0.05) tab.busyUntilUs = this.world.agenda.nowUs + chance.below(400_000);
    else if (what < 0.07) this.say();
    else if (what < 0.09) this.changeFiles();
    else if (what < 0.105 || isEnded) this.reload();
    else if (what < 0.108) this.host.duplicate(tab);
    else if (what < 0.13) this.openOrClose();
    else if (what < 0.18) this.select();
    else this.type();
  }

  /** Some losses are noticed at once, some late, some by silence alone. */
  private loseConnection(): void {
    const { chance } = this;
    const [atOnce, late] = [() => chance.below(2000), () => 100_000 + chance.below(3_000_000)];
    const silence = (): number => 30_000_000;
    const clientNotices = chance.pick([atOnce, atOnce, late, silence])();
    this.world.trace?.(`${this.tab.name} is cut off, and notices after ${clientNotices} us`);
    this.tab.page.socket?.cut(clientNotices, chance.pick([atOnce, late])());
  }

  // --- typing -------------------------------------------------------------------

  private type(): void {
    const editors = [...this.tab.page.editors.values()].filter(({ loaded }) => loaded);
    if (editors.length === 0) return this.openOrClose();
    const editor = this.chance.pick(editors);
    const burst = this.chance.chance(0.15) ? 2 + this.chance.below(5) : 1;
    for (let left = burst; left > 0; left--) editor.userChanges(this.changes(editor));
  }

  /** The changes of one event: more than one with several carets. */
  private changes(editor: ModelEditor): UnitChange[] {
    const count = this.chance.chance(0.1) ? 3 : 1;
    const places = Array.from({ length: 2 * count }, () => this.place(editor.text)).sort((a, b) => b - a);
    const changes: UnitChange[] = [];
    for (let i = 0; i < count; i++) {
      const [end, start] = [places[2 * i] as number, places[2 * i + 1] as number];
      const isFree = changes.every(({ rangeOffset }) => end < rangeOffset);
      if (isFree) changes.push(this.change(editor, start, end));
    }
    return changes;
  }

  private change({ text, file }: ModelEditor, start: number, furthest: number): UnitChange {
    const { chance } = this;
    const isLong = text.length > LONGEST_TEXT;
    const removes = chance.chance(isLong ? 0.8 : 0.25);
    const reach = isLong ? furthest : Math.min(furthest, this.boundary(text, start + chance.below(6)));
    const end = removes ? Math.max(start, reach) : start;
    this.world.ledger.deleted(text.slice(start, end));
    const inserts = end === start || chance.chance(0.3);
    return { rangeOffset: start, rangeLength: end - start, text: inserts ? this.newText(file.id) : '' };
  }

  private newText(file?: number): string {
    const { chance } = this;
    const mark = this.world.ledger.mark(chance.below(3), this.tab.number, this.world.agenda.nowUs, file);
    const isPaste = chance.chance(0.05);
    const length = (): number => chance.below(isPaste ? 20 : 3);
    const others = (): string => Array.from({ length: length() }, () => chance.pick(OTHERS)).join('');
    return others() + mark + others();
  }

  private place(text: string): number {
    return this.boundary(text, this.chance.below(text.length + 1));
  }

  /** Never inside of a surrogate pair. */
  private boundary(text: string, offset: number): number {
    const within = Math.min(offset, text.length);
    return within > 0 && isHighSurrogate(text.charCodeAt(within - 1)) ? within - 1 : within;
  }

  // --- everything else ------------------------------------------------------------

  select(): void {
    const { chance } = this;
    for (const editor of this.tab.page.editors.values()) {
      if (!editor.loaded) continue;
      const place = (): number => editor.characterAt(this.place(editor.text));
      const ranges = Array.from({ length: chance.below(3) }, () => ({ anchor: place(), head: place() }));
      this.tab.carets.set(editor.file.name, ranges);
      editor.file.select(ranges);
    }
  }

  private say(): void {
    const text = this.host.newMessage();
    this.world.ledger.said.set(text, { tab: this.tab.number, excuse: undefined });
    this.tab.page.room.say(text);
  }

  private changeFiles(): void {
    const { chance, tab } = this;
    const { room } = tab.page;
    if (!room.isOnline || room.files.length === 0) return;
    const { file } = chance.pick(room.files);
    const what = chance.below(5);
    if (what < 2) this.renameFiles(file);
    else if (what < 4 && room.files.length > 1) this.deleteFile(file);
    else room.createFile(chance.pick(FILE_NAMES), chance.chance(0.5) ? this.firstText() : '');
  }

  /** Sometimes another file takes the name at once. */
  private renameFiles(file: string): void {
    const { chance } = this;
    const { room } = this.tab.page;
    room.renameFile(file, chance.pick(FILE_NAMES));
    if (chance.chance(0.5)) room.renameFile(chance.pick(room.files).file, file);
  }

  /** Sometimes it is made anew at once. */
  private deleteFile(file: string): void {
    const { room } = this.tab.page;
    room.deleteFile(file);
    if (this.chance.chance(0.5)) room.createFile(file, this.chance.chance(0.5) ? this.firstText() : '');
  }

  /** A file that is asked for may not come about: its text may be missing. */
  private firstText(): string {
    const text = this.newText();
    const mark = [...text].map((character) => this.world.ledger.marks.get(character)).find(Boolean);
    if (mark) mark.excuse = 'of a file that was asked for';
    return text;
  }

  openOrClose(): void {
    const { page } = this.tab;
    const { editors, room } = page;
    if (editors.size >= FILES_OPEN || (editors.size > 1 && this.chance.chance(0.3))) {
      page.close(this.chance.pick([...editors.keys()]));
    } else if (room.isOnline && room.files.length > 0) {
      page.open(this.chance.pick(room.files).file);
    }
  }

  /** With a word to the page that it goes, as browsers do, or without one, as when they crash. */
  reload(): void {
    const { tab, chance } = this;
    const isCrash = chance.chance(0.3);
    this.world.trace?.(`${tab.name} ${isCrash ? 'crashes' : 'is loaded anew'}`);
    if (isCrash) this.excuseWhatIsNotSaved();
    else tab.page.room.keepPending();
    this.excuseChat();
    const names = [...tab.page.editors.keys()].map(({ name }) => name);
    tab.reload();
    for (const name of names) if (chance.chance(0.7)) tab.page.open(name);
  }

  private excuseWhatIsNotSaved(): void {
    const { ledger, agenda } = this.world;
    for (const mark of ledger.marks.values()) {
      const isRecent = mark.typedUs >= agenda.nowUs - SAVED_AFTER_US;
      if (isRecent && mark.tab === this.tab.number) mark.excuse ??= 'typed right before the page crashed';
    }
  }

  /** Messages are not kept over a reload. */
  private excuseChat(): void {
    for (const { n, text } of this.tab.page.room.chat) {
      const said = this.world.ledger.said.get(text);
      if (n === undefined && said) said.excuse = 'on its way when the page was loaded anew';
    }
  }
}
