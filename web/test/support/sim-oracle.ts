// Holds what a simulated world has come to against what was done in it.

import type { PeerCursor } from '../../src/room/api';
import type { Stored, StoredFile } from './sim-bridge';
import { digestOf, marksIn, type Ledger } from './sim-ledger';
import type { SimTab } from './sim-tab';

export class Oracle {
  private readonly present: StoredFile[];

  constructor(
    private readonly stored: Stored,
    private readonly tabs: readonly SimTab[],
    private readonly ledger: Ledger,
  ) {
    this.present = stored.files.filter(({ key }) => stored.present.includes(key));
  }

  judge(): void {
    this.judgeLog();
    this.judgeMarks();
    this.judgeChat();
    for (const { key, name } of this.present) {
      this.ledger.blameIf(this.ledger.gone.has(key), `${name} was said to be gone, and is there`);
    }
    for (const tab of this.tabs) {
      this.judgeFiles(tab);
      this.judgeChatOf(tab);
      this.judgePeople(tab);
      this.judgeCarets(tab);
    }
  }

  /** No revision left out, no edit twice, and each that was acknowledged where it was said to be. */
  private judgeLog(): void {
    const places = new Map<string, number>();
    for (const { name, log } of this.stored.files) {
      log.forEach(({ rev, client, seq }, index) => {
        this.ledger.blameIf(rev !== index + 1, `the log of ${name} has a gap at ${rev}`);
        if (seq === 0) return; // the text that a file was made with
        this.ledger.blameIf(places.has(`${client}/${seq}`), `edit ${seq} of ${client} is in the log twice`);
        places.set(`${client}/${seq}`, rev);
      });
    }
    for (const { client, seq, rev } of this.ledger.acks) {
      const place = places.get(`${digestOf(client)}/${seq}`);
      this.ledger.blameIf(place !== rev, `edit ${seq} of ${client} was acknowledged as ${rev} and is ${place}`);
    }
  }

  /** What was typed went in once, and is there unless somebody deleted it or it was handed back. */
  private judgeMarks(): void {
    const inserted = new Map<string, StoredFile>();
    for (const file of this.stored.files) {
      for (const mark of file.log.flatMap((entry) => marksIn(entry.inserted))) {
        const mayBeTwice = this.ledger.marks.get(mark)?.mayBeTwice ?? false;
        this.ledger.blameIf(inserted.has(mark) && !mayBeTwice, `${mark} was inserted twice (${file.name})`);
        inserted.set(mark, file);
      }
    }
    const texts = new Map(this.stored.files.map((file) => [file, new Set(file.text)]));
    for (const [mark, { tab, file: typedIn, isDeleted, excuse }] of this.ledger.marks) {
      const file = inserted.get(mark);
      const isElsewhere = file !== undefined && typedIn !== undefined && file.key !== typedIn;
      this.ledger.blameIf(isElsewhere, `${mark} was typed in file ${typedIn} and went into ${file?.key}`);
      if (isDeleted) continue;
      const isHandedBack = this.ledger.conflicts.get(tab)?.some((text) => text.includes(mark)) ?? false;
      this.ledger.blameIf(!file && !isHandedBack && !excuse, `${mark}, typed in tab-${tab}, is lost`);
      const isThere = !file || texts.get(file)?.has(mark) === true;
      this.ledger.blameIf(!isThere, `${mark} went out of ${file?.name} by itself`);
    }
  }

  private judgeChat(): void {
    const counts = new Map<string, number>();
    for (const { text } of this.stored.chat) counts.set(text, (counts.get(text) ?? 0) + 1);
    for (const [text, { excuse }] of this.ledger.said) {
      const count = counts.get(text) ?? 0;
      this.ledger.blameIf(count > 1, `"${text}" was said ${count} times`);
      this.ledger.blameIf(count === 0 && !excuse, `"${text}" was never said`);
    }
  }

  private judgeFiles(tab: SimTab): void {
    const { room, editors } = tab.page;
    const names = this.present.map(({ key, name }) => `${key}:${name}`).sort().join(' ');
    const known = room.files.map(({ id, file }) => `${id}:${file}`).sort().join(' ');
    this.ledger.blameIf(names !== known, `${tab.name} knows the files ${known}, there are ${names}`);
    for (const { file, text } of editors.values()) {
      const held = this.present.find(({ key }) => key === file.id);
      this.ledger.blameIf(!held, `${tab.name} has ${file.name} open, which is gone`);
      this.ledger.blameIf(held?.name !== file.name, `${tab.name} calls ${held?.name} ${file.name}`);
      const isSame = !held || held.text === text;
      this.ledger.blameIf(!isSame, `${tab.name} shows "${text}" in ${file.name}, it is "${held?.text}"`);
    }
    this.ledger.blameIf(tab.storage.values.size > 0, `${tab.name} keeps pending edits, and has none`);
  }

  private judgeChatOf(tab: SimTab): void {
    const shown = tab.page.room.chat.map(({ n }) => n);
    const said = this.stored.chat.map(({ n }) => n);
    const seen = said.slice(-Math.max(shown.length, 1)); // who comes late begins with the latest
    const isWhole = shown.length === 0 ? said.length === 0 : shown.join() === seen.join();
    this.ledger.blameIf(!isWhole, `${tab.name} shows the messages ${shown.join()}, there are ${said.join()}`);
  }

  private judgePeople(tab: SimTab): void {
    const others = this.tabs.filter((other) => other !== tab).map(({ page }) => page.room.site);
    const seen = tab.page.room.peers.map(({ site }) => site);
    const isSame = others.sort().join() === seen.sort().join();
    this.ledger.blameIf(!isSame, `${tab.name} sees the sites ${seen.join()}, there are ${others.join()}`);
  }

  /** Everybody sees everybody's carets where they were put last. */
  private judgeCarets(tab: SimTab): void {
    for (const { file } of tab.page.editors.values()) {
      for (const other of this.tabs) {
        const same = [...other.page.editors.keys()].find(({ name }) => name === file.name);
        if (other === tab || !same) continue;
        const seen = file.cursors.find(({ peer }: PeerCursor) => peer.site === other.page.room.site)?.ranges ?? [];
        const placed = other.carets.get(file.name) ?? [];
        const isSame = JSON.stringify(seen) === JSON.stringify(placed);
        const places = `${JSON.stringify(seen)}, not ${JSON.stringify(placed)}`;
        this.ledger.blameIf(!isSame, `${tab.name} sees the carets of ${other.name} in ${file.name} at ${places}`);
      }
    }
  }
}
