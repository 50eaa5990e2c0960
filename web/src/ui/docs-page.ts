// The server's API, as it describes itself: each request can be tried here.
// Whoever is signed in asks in their own name.

import './styles/docs.css';
import type { Account, ServerInfo } from '../account/types';
import { areasOf, messagesOf, type Area, type Message, type Messages, type OpenApi, type PathGroup } from '../docs/openapi';
import { accounts } from './accounts';
import { fieldList, operationView, summaryView } from './docs-operation';
import { element } from './dom';
import { accountMenu, framed, section } from './page-frame';

const TITLE = 'API';
const MESSAGES_NAME = 'WebSocket';

export async function showDocs(app: HTMLElement): Promise<void> {
  const [description, server, account] = await Promise.all([readDescription(), accounts.server(), accounts.account()]);
  document.title = `${TITLE} · tandem`;
  app.replaceChildren(framed(TITLE, userParts(server, account), account, content(description, account)));
  jumpTo(location.hash);
}

async function readDescription(): Promise<OpenApi> {
  const answer = await accounts.tryOut('GET', '/openapi.json');
  if (!answer.ok) throw new Error(`The server answered ${answer.status}.`);
  return (await answer.json()) as OpenApi;
}

function userParts(server: ServerInfo, account: Account | undefined): HTMLElement[] {
  if (account) return [element('div', { class: 'who' }, accountMenu(account))];
  return server.mode === 'accounts' ? [element('a', { class: 'button small', href: '/' }, 'Sign in')] : [];
}

function content(description: OpenApi, account: Account | undefined): HTMLElement[] {
  const areas = areasOf(description);
  const names = [...areas.map(({ name }) => name), MESSAGES_NAME];
  const who = account ? `as ${account.login}` : 'as somebody who is not signed in';
  const links = names.map((name) => element('a', { href: `#${idOf(name)}` }, name));
  return [
    element('p', { class: 'lead' }, `What is tried here is really asked, ${who}. The same as a file: `, openApiLink(), '.'),
    element('nav', { class: 'tabs', 'aria-label': 'Parts of the API' }, ...links),
    ...areas.map(areaSection),
    messagesSection(messagesOf(description)),
  ];
}

function openApiLink(): HTMLElement {
  return element('a', { href: '/openapi.json' }, 'openapi.json');
}

function idOf(name: string): string {
  return name.replace(/\W/g, '').toLowerCase();
}

/** The browser looked for the place when the page was empty. */
function jumpTo(hash: string): void {
  if (hash.length > 1) document.getElementById(hash.slice(1))?.scrollIntoView();
}

function anchored(name: string, ...parts: HTMLElement[]): HTMLElement {
  const made = section(name, ...parts);
  made.id = idOf(name);
  return made;
}

function areaSection({ name, paths }: Area): HTMLElement {
  return anchored(name, ...paths.map(pathView));
}

function pathView({ path, operations }: PathGroup): HTMLElement {
  const views = operations.map(operationView);
  return element('div', { class: 'api-path' }, element('h3', {}, path), element('div', { class: 'rows' }, ...views));
}

function messagesSection({ path, fromClient, fromServer }: Messages): HTMLElement {
  const how = `A WebSocket at ${path} with the subprotocol tandem.v1: JSON in text frames, the first of them hello.`;
  return anchored(
    MESSAGES_NAME,
    element('p', { class: 'hint' }, how),
    ...messageList('Client to server', fromClient),
    ...messageList('Server to client', fromServer),
  );
}

function messageList(title: string, messages: readonly Message[]): HTMLElement[] {
  if (messages.length === 0) return [];
  const rows = messages.map(messageRow);
  return [element('div', { class: 'api-path' }, element('h3', {}, title), element('div', { class: 'rows' }, ...rows))];
}

function messageRow({ type, summary, fields }: Message): HTMLElement {
  const head = element('summary', {}, element('code', { class: 'api-type' }, type), summaryView(summary));
  return element('details', { class: 'api-operation' }, head, element('div', { class: 'api-body' }, fieldList(fields)));
}
