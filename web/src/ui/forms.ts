// Fields, and forms that do one thing: busy while it is done, and saying what
// went wrong beside the button.

import { element } from './dom';
import { copyText } from './dialogs';
import { explain } from './wording';

type Attributes = Parameters<typeof element>[1];

export function field(label: string, control: HTMLElement): HTMLLabelElement {
  return element('label', { class: 'field' }, element('span', {}, label), control);
}

export function textInput(attributes: Attributes = {}): HTMLInputElement {
  return element('input', { autocomplete: 'off', ...attributes });
}

const LONGEST_LOGIN = '200';

/** Of the user's own, to sign in with, or of somebody who is to be added. */
export function loginInput(attributes: Attributes = {}): HTMLInputElement {
  return textInput({
    required: true,
    maxlength: LONGEST_LOGIN,
    placeholder: 'ada@example.org',
    autocapitalize: 'none',
    spellcheck: 'false',
    ...attributes,
  });
}

export function choice<T extends string>(
  options: readonly (readonly [T, string])[],
  chosen: T,
  attributes: Attributes = {},
): HTMLSelectElement & { value: T } {
  const made = options.map(([value, text]) => element('option', { value, selected: value === chosen }, text));
  return element('select', attributes, ...made) as HTMLSelectElement & { value: T };
}

export function tick(label: string, isTicked: boolean, attributes: Attributes = {}): HTMLInputElement {
  return element('input', { type: 'checkbox', checked: isTicked, 'aria-label': label, ...attributes });
}

export function ticked(input: HTMLInputElement): HTMLLabelElement {
  return element('label', { class: 'tick' }, input, element('span', {}, input.getAttribute('aria-label') ?? ''));
}

export function problemLine(): HTMLParagraphElement {
  return element('p', { class: 'field-error', role: 'alert' });
}

/** While it is done the controls are off; returns whether it was done. */
export async function attempt(
  controls: readonly (HTMLButtonElement | HTMLInputElement | HTMLSelectElement)[],
  problem: HTMLElement,
  action: () => Promise<void>,
): Promise<boolean> {
  if (controls.some(({ disabled }) => disabled)) return false;
  const focused = document.activeElement;
  problem.textContent = '';
  for (const control of controls) control.disabled = true;
  try {
    await action();
    return true;
  } catch (error) {
    problem.textContent = explain(error);
    return false;
  } finally {
    for (const control of controls) control.disabled = false;
    if (focused instanceof HTMLElement && focused.isConnected && document.activeElement === document.body) focused.focus();
  }
}

export interface FormParts {
  readonly title?: string;
  readonly name?: string; // its accessible name, where it has no title
  readonly fields: readonly HTMLElement[];
  readonly button: string;
  readonly isMinor?: boolean;
  readonly className?: string;
  readonly run: () => Promise<void>;
}

export function actionForm({ title, name, fields, button, isMinor, className, run }: FormParts): HTMLFormElement {
  const problem = problemLine();
  const submit = element('button', { class: `button${isMinor ? '' : ' primary'}`, type: 'submit' }, button);
  return element(
    'form',
    {
      class: className ?? 'form',
      'aria-label': title ?? name ?? button,
      onsubmit: (event) => {
        event.preventDefault();
        void attempt([submit], problem, run);
      },
    },
    ...(title === undefined ? [] : [element('h2', {}, title)]),
    ...fields,
    submit,
    problem,
  );
}

/** A password, token or link that the server shows this once. */
export function secretBox(label: string, secret: string, hint: string): HTMLElement {
  const shown = element('input', { class: 'secret', readonly: true, value: secret, 'aria-label': label });
  const onclick = (): void => void copyText(secret, shown);
  const attributes = { class: 'button primary', type: 'button', 'aria-label': `Copy: ${label}` };
  const copy = element('button', { ...attributes, onclick }, 'Copy');
  return element(
    'div',
    { class: 'secret-box', role: 'group', 'aria-label': label },
    element('p', {}, element('strong', {}, label), ` ${hint}`),
    element('div', { class: 'copy-row' }, shown, copy),
  );
}
