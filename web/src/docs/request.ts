// A request made of what somebody has filled in, and an answer made legible.

import type { Field, Operation, Schema } from './openapi';

/** What stands in the fields, by name; of a query's those that are empty are left out. */
export type Filled = Readonly<Record<string, string>>;

export function addressOf({ path, pathFields, queryFields }: Operation, filled: Filled): string {
  let address = path;
  for (const { name } of pathFields) address = address.replace(`{${name}}`, encodeURIComponent(filled[name] ?? ''));
  const query = new URLSearchParams();
  for (const { name } of queryFields) if (filled[name]) query.set(name, filled[name]);
  const asked = query.toString();
  return asked === '' ? address : `${address}?${asked}`;
}

/** What a body must have, with nothing in it yet. */
export function exampleBody(fields: readonly Field[]): string {
  const needed = fields.filter(({ isRequired }) => isRequired);
  return JSON.stringify(Object.fromEntries(needed.map(({ name, schema }) => [name, emptyValue(schema)])), undefined, 2);
}

function emptyValue({ type, enum: words }: Schema): unknown {
  if (words) return words[0];
  switch (type) {
    case 'integer': return 0;
    case 'boolean': return false;
    case 'array': return [];
    case 'object': return {};
    default: return '';
  }
}

/** JSON with a line for each value, anything else as it is. */
export function legible(contentType: string, text: string): string {
  if (!/^application\/json\b/.test(contentType)) return text;
  try {
    return JSON.stringify(JSON.parse(text), undefined, 2);
  } catch {
    return text; // it was cut off
  }
}

export interface Start {
  readonly text: string;
  readonly isWhole: boolean;
}

/** A room's log may be larger than a page can show: the first `most` bytes, or a few more. */
export async function startOf(response: Response, most: number): Promise<Start> {
  const reader = response.body?.getReader();
  if (!reader) return { text: '', isWhole: true };
  const decoder = new TextDecoder();
  let [text, bytes] = ['', 0];
  while (bytes < most) {
    const { done, value } = await reader.read();
    if (done) return { text: text + decoder.decode(), isWhole: true };
    bytes += value.length;
    text += decoder.decode(value, { stream: true });
  }
  await reader.cancel();
  return { text, isWhole: false };
}
