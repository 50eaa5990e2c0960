// Text that a model has written: paragraphs and code blocks, `code` and **stress** in
// them, as text only.

import { element } from './dom';

const FENCE = /^ {0,3}(```+|~~~+)/;
const MARKED = /(`[^`\n]+`|\*\*[^*\n]+\*\*)/;

export function aiWords(text: string): HTMLElement {
  const root = element('div', { class: 'ai-words' });
  let block: string[] = [];
  let fence: string | undefined;
  const flush = (isCode: boolean): void => {
    const whole = block.join('\n');
    block = [];
    if (whole.trim() === '') return;
    root.append(isCode ? element('pre', {}, element('code', {}, whole)) : element('p', {}, ...marked(whole.trim())));
  };
  for (const line of text.split('\n')) {
    const found = FENCE.exec(line)?.[1];
    if (fence === undefined && found !== undefined) {
      flush(false);
      fence = found;
    } else if (fence !== undefined && found?.startsWith(fence)) {
      flush(true);
      fence = undefined;
    } else if (fence === undefined && line.trim() === '') {
      flush(false);
    } else {
      block.push(line);
    }
  }
  flush(fence !== undefined);
  return root;
}

function marked(text: string): (Node | string)[] {
  return text.split(MARKED).map((part, i) => {
    if (i % 2 === 0) return part;
    return part.startsWith('`') ? element('code', {}, part.slice(1, -1)) : element('strong', {}, part.slice(2, -2));
  });
}
