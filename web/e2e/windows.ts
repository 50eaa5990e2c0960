// Browser windows as tests use them: each is a person with a name.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';
import { expect } from 'vitest';

const SHOTS = process.env['TANDEM_TEST_SHOTS'] ?? new URL('./shots', import.meta.url).pathname;
const DEADLINE_MS = 60_000; // of what hangs: a busy machine takes long for everything

export function launchBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env['TANDEM_TEST_CHROMIUM'] ?? '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

/** Waits for a condition; what was last seen is in the message when it does not come. */
export async function eventually<T>(
  look: () => Promise<T> | T,
  isWanted: (seen: T) => boolean,
  what: string,
): Promise<T> {
  const end = Date.now() + DEADLINE_MS;
  for (;;) {
    const seen = await look();
    if (isWanted(seen)) return seen;
    if (Date.now() > end) throw new Error(`${what}: last seen ${JSON.stringify(seen)}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

export class Window {
  /** What went wrong in the page: the console's errors, exceptions, violations of the policy. */
  readonly problems: string[] = [];

  private constructor(readonly page: Page) {
    page.on('console', (message) => {
      if (message.type() === 'error') this.problems.push(message.text());
    });
    page.on('pageerror', (error) => this.problems.push(error.message));
    page.on('dialog', (dialog) => void dialog.accept()); // "leave the page?"
  }

  static async open(
    browser: Browser,
    url: string,
    name: string,
    options: BrowserContextOptions = {},
  ): Promise<Window> {
    const context = await browser.newContext({
      viewport: { width: 1280, height: 760 },
      colorScheme: 'dark',
      ...options,
    });
    await context.addInitScript((own) => {
      localStorage.setItem('tandem.name', localStorage.getItem('tandem.name') ?? own);
    }, name);
    const window = new Window(await context.newPage());
    window.page.setDefaultTimeout(DEADLINE_MS);
    await window.page.goto(url);
    return window;
  }

  async close(): Promise<void> {
    await this.page.context().close();
  }

  async untilStatus(wanted: string | RegExp): Promise<void> {
    const status = this.page.getByTestId('status');
    const matches = (text: string): boolean =>
      typeof wanted === 'string' ? text === wanted : wanted.test(text);
    await eventually(async () => (await status.textContent()) ?? '', matches, 'status');
  }

  untilSaved(): Promise<void> {
    return this.untilStatus('All changes saved');
  }

  /** Connects at once, if it still waits before the next try. */
  async retryNow(): Promise<void> {
    await this.page.getByRole('button', { name: 'Retry now' }).click({ timeout: 3000 }).catch(() => undefined);
  }

  async focusEditor(): Promise<void> {
    // Until the file's text is there the editor takes no keys.
    await this.page.locator('.editor[aria-busy="false"] textarea.inputarea').focus();
  }

  async type(text: string, delay = 15): Promise<void> {
    await this.focusEditor();
    await this.page.keyboard.type(text, { delay });
  }

  /** In one go: one edit, and one to take back, however long the machine takes for it. */
  async insert(text: string): Promise<void> {
    await this.focusEditor();
    await this.page.keyboard.insertText(text);
  }

  async press(...keys: string[]): Promise<void> {
    await this.focusEditor();
    for (const key of keys) await this.page.keyboard.press(key);
  }

  /** The visible text of the editor. */
  shownText(): Promise<string> {
    return this.page.evaluate(() =>
      [...document.querySelectorAll<HTMLElement>('.view-lines .view-line')]
        .sort((a, b) => a.offsetTop - b.offsetTop)
        .map((line) => line.textContent ?? '')
        .join('\n')
        .replace(/\u00a0/g, ' '),
    );
  }

  untilShown(wanted: (text: string) => boolean): Promise<string> {
    return eventually(() => this.shownText(), wanted, 'text in the editor');
  }

  /** The names that are shown at the others' carets. */
  caretNames(): Promise<string[]> {
    return this.page.evaluate(() =>
      [...document.querySelectorAll('.peer-caret')].map((caret) =>
        getComputedStyle(caret, '::after').content.replace(/"/g, ''),
      ),
    );
  }

  async shot(name: string): Promise<void> {
    mkdirSync(SHOTS, { recursive: true });
    await this.page.screenshot({ path: join(SHOTS, `${name}.png`) });
  }

  expectNoProblems(): void {
    expect(this.problems).toEqual([]);
  }
}
