// The one editor of the room page, and its two themes.

import { monaco } from './monaco';

const SHARED_OPTIONS: monaco.editor.IStandaloneEditorConstructionOptions = {
  model: null,
  automaticLayout: true,
  fontFamily: 'ui-monospace, "SF Mono", "Cascadia Code", "JetBrains Mono", Menlo, Consolas, "DejaVu Sans Mono", monospace',
  fontSize: 14,
  lineHeight: 22,
  minimap: { enabled: false },
  padding: { top: 18, bottom: 120 }, // room for a name above the first line
  scrollBeyondLastLine: false,
  smoothScrolling: true,
  cursorSmoothCaretAnimation: 'off',
  renderLineHighlight: 'line',
  renderWhitespace: 'selection',
  unusualLineTerminators: 'off', // a prompt about U+2028 would change the text
  fixedOverflowWidgets: true,
  lineNumbersMinChars: 4,
  wordWrap: 'off',
  stickyScroll: { enabled: false },
  inlineSuggest: { enabled: true },
  wordBasedSuggestions: 'off', // the room's AI knows those of all its files
  ariaLabel: 'Text of the file. Press Control M to make Tab move the focus.',
};

monaco.editor.defineTheme('tandem-dark', {
  base: 'vs-dark',
  inherit: true,
  rules: [
    { token: 'comment', foreground: '7f8a99', fontStyle: 'italic' },
    { token: 'keyword', foreground: 'c4a7ff' },
    { token: 'string', foreground: '9fdc9a' },
    { token: 'number', foreground: 'f5b27a' },
    { token: 'type', foreground: '7cc7ff' },
  ],
  colors: {
    'editor.background': '#14161b',
    'editor.foreground': '#e3e6ec',
    'editorLineNumber.foreground': '#6f7887',
    'editorLineNumber.activeForeground': '#c9ced8',
    'editor.lineHighlightBackground': '#1b1e25',
    'editor.lineHighlightBorder': '#00000000',
    'editor.selectionBackground': '#2d4f6b',
    'editorCursor.foreground': '#5eead4',
    'editorGhostText.foreground': '#97a3b2',
    'editorGhostText.background': '#1b3033', // in a comment its colour alone would not tell it
    'editorWidget.background': '#1c1f27',
    'editorWidget.border': '#363c49',
    'editorIndentGuide.background1': '#262a33',
  },
});

monaco.editor.defineTheme('tandem-light', {
  base: 'vs',
  inherit: true,
  rules: [
    { token: 'comment', foreground: '5f6b7a', fontStyle: 'italic' },
    { token: 'keyword', foreground: '6d28d9' },
    { token: 'string', foreground: '1a7036' },
    { token: 'number', foreground: 'a2480c' },
    { token: 'type', foreground: '0b5cad' },
  ],
  colors: {
    'editor.background': '#ffffff',
    'editor.foreground': '#1c2129',
    'editorLineNumber.foreground': '#76808e',
    'editorLineNumber.activeForeground': '#2b323d',
    'editor.lineHighlightBackground': '#f4f6f9',
    'editor.lineHighlightBorder': '#00000000',
    'editorGhostText.foreground': '#5b6673',
    'editorGhostText.background': '#dff2ee',
    'editorCursor.foreground': '#0f766e',
  },
});

export function createCodeEditor(
  parent: HTMLElement,
  theme: 'dark' | 'light',
): monaco.editor.IStandaloneCodeEditor {
  return monaco.editor.create(parent, { ...SHARED_OPTIONS, theme: `tandem-${theme}` });
}

export function setEditorTheme(theme: 'dark' | 'light'): void {
  monaco.editor.setTheme(`tandem-${theme}`);
}
