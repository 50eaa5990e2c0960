// Dark or light: the system's choice until the user makes one.

export type Theme = 'dark' | 'light';

const KEY = 'tandem.theme';
const systemIsLight = matchMedia('(prefers-color-scheme: light)');
const listeners = new Set<(theme: Theme) => void>();

export function currentTheme(): Theme {
  const chosen = localStorage.getItem(KEY);
  if (chosen === 'dark' || chosen === 'light') return chosen;
  return systemIsLight.matches ? 'light' : 'dark';
}

export function applyTheme(): void {
  const theme = currentTheme();
  document.documentElement.dataset['theme'] = theme;
  for (const listener of listeners) listener(theme);
}

export function toggleTheme(): void {
  localStorage.setItem(KEY, currentTheme() === 'dark' ? 'light' : 'dark');
  applyTheme();
}

export function onThemeChange(listener: (theme: Theme) => void): void {
  listeners.add(listener);
}

systemIsLight.addEventListener('change', applyTheme);
