// The others' carets and selections in the editor, each with a name. The name
// shows while its caret moves and when the pointer rests on it.

import type { Peer, PeerCursor } from '../room/api';
import type { MonacoBinding } from './monaco-binding';
import { monaco } from './monaco';
import { inkOn } from './peer-colors';

const NAME_SHOWN_MS = 2000;
const MAX_NAME_CHARACTERS = 24;

type Editor = monaco.editor.IStandaloneCodeEditor;

interface Drawn {
  readonly decorations: monaco.editor.IEditorDecorationsCollection;
  readonly cursor: PeerCursor;
  nameTimer: ReturnType<typeof setTimeout> | undefined;
}

export class RemoteCarets {
  private readonly style = document.head.appendChild(document.createElement('style'));
  private readonly drawn = new Map<number, Drawn>();
  private binding: MonacoBinding | undefined;

  constructor(private readonly editor: Editor) {}

  /** The names and colours that carets are drawn with. */
  setPeers(peers: readonly Peer[]): void {
    this.style.textContent = peers.map(peerRules).join('\n');
  }

  /** Draws the carets of another file, or of none. */
  attach(binding: MonacoBinding | undefined): void {
    this.clear();
    this.binding = binding;
    if (binding) this.draw(binding.file.cursors);
  }

  draw(cursors: readonly PeerCursor[]): void {
    const present = new Set(cursors.map(({ peer }) => peer.site));
    for (const site of [...this.drawn.keys()]) if (!present.has(site)) this.remove(site);
    for (const cursor of cursors) this.drawPeer(cursor);
  }

  private drawPeer(cursor: PeerCursor): void {
    const { site } = cursor.peer;
    const old = this.drawn.get(site);
    const drawn: Drawn = {
      decorations: old?.decorations ?? this.editor.createDecorationsCollection(),
      cursor,
      nameTimer: old?.nameTimer,
    };
    this.drawn.set(site, drawn);
    const before = headsOf(drawn.decorations);
    drawn.decorations.set(this.decorate(cursor, drawn.nameTimer !== undefined));
    const hasMoved = before !== headsOf(drawn.decorations);
    if (hasMoved && cursor.ranges.length > 0) this.showName(site);
  }

  private showName(site: number): void {
    const drawn = this.drawn.get(site);
    if (!drawn) return;
    clearTimeout(drawn.nameTimer);
    drawn.nameTimer = setTimeout(() => this.hideName(site), NAME_SHOWN_MS);
    drawn.decorations.set(this.decorate(drawn.cursor, true));
  }

  private hideName(site: number): void {
    const drawn = this.drawn.get(site);
    if (!drawn) return;
    drawn.nameTimer = undefined;
    this.drawPeer(drawn.cursor);
  }

  private decorate(
    { peer, ranges }: PeerCursor,
    isNamed: boolean,
  ): monaco.editor.IModelDeltaDecoration[] {
    const { binding } = this;
    if (!binding) return [];
    return ranges.flatMap(({ anchor, head }) => {
      const from = binding.positionOf(anchor);
      const to = binding.positionOf(head);
      const caret = {
        range: monaco.Range.fromPositions(to),
        options: {
          beforeContentClassName: caretClasses(peer.site, isNamed, to.lineNumber === 1),
          stickiness: monaco.editor.TrackedRangeStickiness.NeverGrowsWhenTypingAtEdges,
        },
      };
      if (anchor === head) return [caret];
      const selected = {
        range: monaco.Range.fromPositions(...(anchor < head ? [from, to] : [to, from]) as [monaco.Position, monaco.Position]),
        options: { className: `peer-selection peer-${peer.site}` },
      };
      return [selected, caret];
    });
  }

  private remove(site: number): void {
    const drawn = this.drawn.get(site);
    clearTimeout(drawn?.nameTimer);
    drawn?.decorations.clear();
    this.drawn.delete(site);
  }

  private clear(): void {
    for (const site of [...this.drawn.keys()]) this.remove(site);
  }
}

function caretClasses(site: number, isNamed: boolean, isFirstLine: boolean): string {
  const classes = ['peer-caret', `peer-${site}`];
  if (isNamed) classes.push('peer-caret-named');
  if (isFirstLine) classes.push('peer-caret-first-line');
  return classes.join(' ');
}

/** Where the carets stand, to see whether one has moved. */
function headsOf(decorations: monaco.editor.IEditorDecorationsCollection): string {
  return decorations.getRanges().map(String).join();
}

/** A string for a style sheet: every character that is not a letter or digit is escaped. */
function cssString(text: string): string {
  const shortened = [...text].slice(0, MAX_NAME_CHARACTERS).join('');
  const escaped = shortened.replace(
    /[^\p{L}\p{N} ]/gu,
    (character) => `\\${(character.codePointAt(0) as number).toString(16)} `,
  );
  return `"${escaped}"`;
}

function peerRules({ site, name, color }: Peer): string {
  return (
    `.peer-${site}{--peer-color:${color};--peer-ink:${inkOn(color)}}` +
    `.peer-caret.peer-${site}::after{content:${cssString(name)}}`
  );
}
