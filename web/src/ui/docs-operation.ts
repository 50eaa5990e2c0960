// One request of the API: what it takes, a form to send it with, and what the
// server answers.

import type { Field, Operation } from '../docs/openapi';
import { addressOf, exampleBody, legible, startOf, type Filled } from '../docs/request';
import { accounts } from './accounts';
import { confirmAction } from './dialogs';
import { element } from './dom';
import { attempt, choice, field, problemLine, textInput } from './forms';

const SHOWN_BYTES = 256 * 1024;

const TOLD_HEADERS = [
  'Content-Type', 'Content-Length', 'Tandem-Revision', 'ETag', 'Cache-Control', 'Location', 'Retry-After', 'WWW-Authenticate',
  'Content-Disposition',
];

const WHO_MAY: Readonly<Record<string, string>> = {
  nothing: 'everybody',
  account: 'who is signed in; scope account',
  admin: 'admins of the team; scope admin',
  make_room: 'who is signed in; scope manage',
  see_room: 'who is in the room or manages it',
  read_room: 'viewers of the room; scope read',
  edit_room: 'editors of the room; scope write',
  manage_room: 'owners of the room and admins; scope manage',
};

export function operationView(operation: Operation): HTMLElement {
  const { method, path, summary, need, isOfAccounts } = operation;
  const body = element('div', { class: 'api-body' });
  const who = `For ${WHO_MAY[need] ?? need}${isOfAccounts ? '. Only where there are accounts' : ''}.`;
  const head = element(
    'summary',
    { 'aria-label': `${method} ${path}: ${summary}` },
    element('span', { class: 'api-method', 'data-method': method }, method),
    summaryView(summary),
  );
  const view = element('details', { class: 'api-operation' }, head, body);
  view.addEventListener('toggle', () => {
    if (!body.firstChild) body.append(element('p', { class: 'hint' }, who), tryOutForm(operation));
  });
  return view;
}

/** A summary names fields `so`. */
export function summaryView(text: string): HTMLElement {
  const parts = text.split('`').map((part, at) => (at % 2 === 1 ? element('code', {}, part) : part));
  return element('span', { class: 'api-summary' }, ...parts);
}

/** What something is made of, for reading. */
export function fieldList(fields: readonly Field[]): HTMLElement {
  if (fields.length === 0) return element('p', { class: 'hint' }, 'Nothing but its type.');
  const rows = fields.map(({ name, type, isRequired }) =>
    element('li', {}, element('code', {}, name), ` ${type}`, isRequired ? '' : element('span', { class: 'api-optional' }, ' may be left out')),
  );
  return element('ul', { class: 'api-fields' }, ...rows);
}

type Control = HTMLInputElement | HTMLSelectElement;

function controlOf({ name, isRequired, schema }: Field): Control {
  if (schema.enum && isRequired) return choice(schema.enum.map((word) => [word, word] as const), schema.enum[0] ?? '', { name });
  const isNumber = schema.type === 'integer';
  return textInput({ name, required: isRequired, spellcheck: 'false', ...(isNumber ? { inputmode: 'numeric' } : {}) });
}

function labelOf({ name, isRequired }: Field): string {
  return isRequired ? name : `${name} (optional)`;
}

function bodyParts(body: readonly Field[] | undefined): { area?: HTMLTextAreaElement; parts: HTMLElement[] } {
  if (!body) return { parts: [] };
  const area = element('textarea', { rows: String(Math.min(12, body.length + 3)), spellcheck: 'false', name: 'body' });
  area.value = exampleBody(body);
  return { area, parts: [element('div', {}, element('p', { class: 'hint' }, 'The body is JSON:'), fieldList(body)), field('Body', area)] };
}

function tryOutForm(operation: Operation): HTMLElement {
  const { method, path } = operation;
  const fields = [...operation.pathFields, ...operation.queryFields];
  const controls = fields.map(controlOf);
  const { area, parts } = bodyParts(operation.body);
  const problem = problemLine();
  const answer = element('div', { class: 'api-answer', role: 'status', 'aria-label': `Answer to ${method} ${path}` });
  const button = element('button', { class: 'button primary', type: 'submit' }, 'Try it');
  const filled = (): Filled => Object.fromEntries(controls.map((control) => [control.name, control.value.trim()]));
  const send = (): Promise<boolean> =>
    attempt([button], problem, async () => {
      answer.replaceChildren();
      const address = addressOf(operation, filled());
      answer.replaceChildren(...(await askAndShow(operation, address, area && checkedJson(area.value))));
    });
  const onsubmit = (event: Event): void => {
    event.preventDefault();
    if (method === 'DELETE') confirmAction(`Send DELETE ${addressOf(operation, filled())}?`, 'This is no rehearsal: the server does it.', 'Send', () => void send());
    else void send();
  };
  const row = element('div', { class: 'field-row' }, ...fields.map((one, at) => field(labelOf(one), controls[at] as Control)));
  return element(
    'div',
    { class: 'api-try' },
    element('form', { class: 'form', 'aria-label': `Try ${method} ${path}`, onsubmit }, ...(fields.length > 0 ? [row] : []), ...parts, button, problem),
    answer,
  );
}

/** A body that is no JSON is more likely a slip than a wish. */
function checkedJson(text: string): string | undefined {
  if (text.trim() === '') return undefined;
  try {
    JSON.parse(text);
  } catch (error) {
    throw new Error(`The body is not JSON: ${(error as Error).message}`);
  }
  return text;
}

async function askAndShow({ method }: Operation, address: string, body: string | undefined): Promise<HTMLElement[]> {
  const began = performance.now();
  const response = await accounts.tryOut(method, address, body);
  const ms = Math.round(performance.now() - began);
  const asked = element('p', { class: 'api-asked' }, element('code', {}, `${method} ${address}`));
  if (response.type === 'opaqueredirect') {
    return [asked, element('p', {}, 'The server sends the browser on to another address. Open this one in a tab to go there.')];
  }
  const status = element('p', { class: 'api-status', 'data-tone': response.ok ? 'good' : 'bad' }, `${response.status} ${response.statusText}`);
  status.append(element('span', {}, `${ms} ms`));
  return [asked, status, headerList(response), ...(await bodyView(response))];
}

function headerList(response: Response): HTMLElement {
  const told = TOLD_HEADERS.flatMap((name) => {
    const value = response.headers.get(name);
    return value === null ? [] : [element('li', {}, element('code', {}, name), ` ${value}`)];
  });
  return element('ul', { class: 'api-fields', 'aria-label': 'Headers' }, ...told);
}

async function bodyView(response: Response): Promise<HTMLElement[]> {
  const { text, isWhole } = await startOf(response, SHOWN_BYTES);
  if (text === '') return [element('p', { class: 'hint' }, 'The answer has no body.')];
  const shown = legible(response.headers.get('Content-Type') ?? '', text);
  const view = element('pre', { class: 'api-text', tabindex: '0', role: 'group', 'aria-label': 'Body of the answer' }, shown);
  return isWhole ? [view] : [view, element('p', { class: 'hint' }, 'There is more of it; this is the beginning.')];
}
