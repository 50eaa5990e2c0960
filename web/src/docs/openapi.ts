// The server's description of its API, /openapi.json, as the page of it needs
// it: what is not understood is left out.

export const METHODS = ['GET', 'POST', 'PATCH', 'DELETE'] as const;
export type Method = (typeof METHODS)[number];

export interface Field {
  readonly name: string;
  readonly type: string; // for people
  readonly isRequired: boolean;
  readonly schema: Schema;
}

export interface Schema {
  readonly type?: string;
  readonly enum?: readonly string[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
}

export interface Operation {
  readonly method: Method;
  readonly path: string; // with {names}
  readonly summary: string;
  readonly need: string; // who may ask, as the server names it
  readonly isOfAccounts: boolean;
  readonly pathFields: readonly Field[];
  readonly queryFields: readonly Field[];
  readonly body: readonly Field[] | undefined;
}

export interface PathGroup {
  readonly path: string;
  readonly operations: readonly Operation[];
}

/** The paths that begin alike, or those that have nothing in common with others. */
export interface Area {
  readonly name: string;
  readonly paths: readonly PathGroup[];
}

export interface Message {
  readonly type: string;
  readonly summary: string;
  readonly fields: readonly Field[];
}

export interface Messages {
  readonly path: string;
  readonly fromClient: readonly Message[];
  readonly fromServer: readonly Message[];
}

interface RawParameter {
  readonly name?: string;
  readonly in?: string;
  readonly required?: boolean;
  readonly schema?: Schema;
}

interface RawOperation {
  readonly summary?: string;
  readonly parameters?: readonly RawParameter[];
  readonly requestBody?: { readonly content?: Readonly<Record<string, { readonly schema?: Schema }>> };
  readonly 'x-need'?: string;
  readonly 'x-accounts-only'?: boolean;
}

interface RawMessage {
  readonly type?: string;
  readonly summary?: string;
  readonly schema?: Schema;
}

export interface OpenApi {
  readonly paths?: Readonly<Record<string, Readonly<Record<string, RawOperation>>>>;
  readonly 'x-websocket-messages'?: readonly string[];
  readonly 'x-websocket-frames'?: {
    readonly path?: string;
    readonly client?: readonly RawMessage[];
    readonly server?: readonly RawMessage[];
  };
}

const REST_NAME = 'Server';

export function areasOf(document: OpenApi): Area[] {
  const areas = new Map<string, PathGroup[]>();
  for (const [path, methods] of Object.entries(document.paths ?? {})) {
    const operations = METHODS.flatMap((method) => {
      const raw = methods[method.toLowerCase()];
      return raw ? [operation(method, path, raw)] : [];
    });
    const beginning = path.split('/', 2).join('/');
    areas.set(beginning, [...(areas.get(beginning) ?? []), { path, operations }]);
  }
  const isAlone = (beginning: string): boolean => areas.get(beginning)?.every(({ path }) => path === beginning) ?? false;
  const alone = [...areas].filter(([beginning]) => isAlone(beginning)).flatMap(([, paths]) => paths);
  const named = [...areas].filter(([beginning]) => !isAlone(beginning)).map(([beginning, paths]) => ({ name: nameOf(beginning), paths }));
  return alone.length > 0 ? [...named, { name: REST_NAME, paths: alone }] : named;
}

/** `/rooms`: Rooms */
function nameOf(beginning: string): string {
  return beginning.slice(1, 2).toUpperCase() + beginning.slice(2);
}

/** A server that says no more than their types gets them listed. */
export function messagesOf(document: OpenApi): Messages {
  const frames = document['x-websocket-frames'];
  const types = document['x-websocket-messages'] ?? [];
  return {
    path: frames?.path ?? '/ws/{room}',
    fromClient: (frames?.client ?? types.map((type) => ({ type }))).map(message),
    fromServer: (frames?.server ?? []).map(message),
  };
}

function operation(method: Method, path: string, raw: RawOperation): Operation {
  const schema = raw.requestBody?.content?.['application/json']?.schema;
  return {
    method,
    path,
    summary: raw.summary ?? '',
    need: raw['x-need'] ?? '',
    isOfAccounts: raw['x-accounts-only'] ?? false,
    pathFields: parameters(raw, 'path'),
    queryFields: parameters(raw, 'query'),
    body: schema && fieldsOf(schema),
  };
}

function parameters(raw: RawOperation, place: string): Field[] {
  const here = (raw.parameters ?? []).filter((parameter) => parameter.in === place);
  return here.map(({ name = '', required = false, schema = {} }) => field(name, schema, required));
}

function message({ type = '', summary = '', schema = {} }: RawMessage): Message {
  return { type, summary, fields: fieldsOf(schema) };
}

function fieldsOf({ properties = {}, required = [] }: Schema): Field[] {
  return Object.entries(properties).map(([name, schema]) => field(name, schema, required.includes(name)));
}

function field(name: string, schema: Schema, isRequired: boolean): Field {
  return { name, type: typeName(schema), isRequired, schema };
}

function typeName({ type, enum: words, items }: Schema): string {
  if (words) return words.join(' | ');
  if (type === 'array') return `list of ${typeName(items ?? {})}`;
  return type ?? 'any';
}
