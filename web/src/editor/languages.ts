// Which of Monaco's languages a file is in. JSON is described here: Monaco has
// it only with a language service.

import { monaco } from './monaco';

monaco.languages.register({ id: 'json', extensions: ['.json', '.jsonc', '.webmanifest'] });
monaco.languages.setLanguageConfiguration('json', {
  comments: { lineComment: '//', blockComment: ['/*', '*/'] },
  brackets: [
    ['{', '}'],
    ['[', ']'],
  ],
  autoClosingPairs: [
    { open: '{', close: '}' },
    { open: '[', close: ']' },
    { open: '"', close: '"', notIn: ['string'] },
  ],
});
monaco.languages.setMonarchTokensProvider('json', {
  tokenizer: {
    root: [
      [/"(?:[^"\\]|\\.)*"(?=\s*:)/, 'type'],
      [/"(?:[^"\\]|\\.)*"?/, 'string'],
      [/-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/, 'number'],
      [/\b(?:true|false|null)\b/, 'keyword'],
      [/\/\/.*$/, 'comment'],
      [/\/\*/, 'comment', '@comment'],
      [/[{}[\]]/, '@brackets'],
    ],
    comment: [
      [/[^*/]+/, 'comment'],
      [/\*\//, 'comment', '@pop'],
      [/[*/]/, 'comment'],
    ],
  },
});

/** By the file's name, else by what the server calls its language. */
export function languageOf(fileName: string, told: string): string {
  const base = (fileName.split('/').at(-1) ?? fileName).toLowerCase();
  const known = monaco.languages.getLanguages();
  const byName = known.find(
    ({ extensions, filenames }) =>
      filenames?.some((name) => name.toLowerCase() === base) ||
      extensions?.some((extension) => base.endsWith(extension.toLowerCase())),
  );
  return byName?.id ?? known.find(({ id }) => id === told)?.id ?? 'plaintext';
}

export function displayName(language: string): string {
  const known = monaco.languages.getLanguages().find(({ id }) => id === language);
  return known?.aliases?.[0] ?? (language === 'json' ? 'JSON' : 'Plain text');
}
