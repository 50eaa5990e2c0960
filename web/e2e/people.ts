// A server with accounts, an admin, and people in the admin's team: each asks
// the API as a program, and opens windows in which they are signed in.

import type { Browser, BrowserContextOptions } from 'playwright-core';
import { runTandem, TandemServer } from './server';
import { Window } from './windows';

export const PASSWORD = 'correct horse battery';

const SETTINGS = {
  TANDEM_MODE: 'accounts',
  TANDEM_SIGN_UP: 'open',
  // All of them come from one address, and sign in more often than people do.
  TANDEM_SIGN_INS_PER_ADDRESS: 'off',
  TANDEM_SIGN_INS_PER_ACCOUNT: 'off',
};

async function answered(url: string, method: string, body: object | undefined, token?: string): Promise<Response> {
  return fetch(url, {
    method,
    headers: { 'Content-Type': 'application/json', ...(token === undefined ? {} : { Authorization: `Bearer ${token}` }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}

async function must(response: Response): Promise<Response> {
  if (!response.ok) throw new Error(`${response.url}: ${response.status} ${await response.text()}`);
  return response;
}

type Cookie = Exclude<NonNullable<BrowserContextOptions['storageState']>, string>['cookies'][number];

export class Person {
  private constructor(
    private readonly url: string,
    readonly login: string,
    readonly name: string,
    readonly password: string,
    private readonly token: string,
  ) {}

  static async signedIn(url: string, login: string, name: string, password: string): Promise<Person> {
    const answer = await must(await answered(`${url}/account/sign-in`, 'POST', { login, password, as: 'token' }));
    const { token } = (await answer.json()) as { token: string };
    return new Person(url, login, name, password, token);
  }

  /** As a program: whatever the answer, it is one. */
  ask(method: string, path: string, body?: object): Promise<Response> {
    return answered(this.url + path, method, body, this.token);
  }

  async must<T>(method: string, path: string, body?: object): Promise<T> {
    const text = await (await must(await this.ask(method, path, body))).text();
    return (text === '' ? undefined : JSON.parse(text)) as T;
  }

  /** A browser in which this person is signed in; `at`: another address of the server's. */
  async window(browser: Browser, path: string, { at = this.url, ...options }: BrowserContextOptions & { at?: string } = {}): Promise<Window> {
    const storageState = { cookies: [await this.sessionCookie()], origins: [] };
    return Window.open(browser, at + path, this.name, { storageState, ...options });
  }

  private async sessionCookie(): Promise<Cookie> {
    const answer = await must(await answered(`${this.url}/account/sign-in`, 'POST', { login: this.login, password: this.password }));
    const [name = '', value = ''] = (answer.headers.get('set-cookie') ?? '').split(';', 1)[0]?.split('=') ?? [];
    const domain = new URL(this.url).hostname;
    return { name, value, domain, path: '/', expires: -1, httpOnly: true, secure: false, sameSite: 'Lax' };
  }
}

export class Team {
  private constructor(
    readonly server: TandemServer,
    readonly admin: Person,
  ) {}

  static async start(): Promise<Team> {
    let password = '';
    const prepare = (store: string): void => {
      const said = runTandem('admin', 'add-account', 'root', '--admin', '--store', store);
      password = /password: (\S+)/.exec(said)?.[1] ?? '';
    };
    const server = await TandemServer.start({ settings: SETTINGS, prepare });
    return new Team(server, await Person.signedIn(server.url, 'root', 'root', password));
  }

  stop(): Promise<void> {
    return this.server.stop();
  }

  get url(): string {
    return this.server.url;
  }

  /** Signs up under a login of their own: the name's first word, and a number. */
  async person(name: string): Promise<Person> {
    const login = `${name.toLowerCase().replace(/\W+.*/, '')}-${this.people++}@example.org`;
    await must(await answered(`${this.url}/account/sign-up`, 'POST', { login, password: PASSWORD, name }));
    return Person.signedIn(this.url, login, name, PASSWORD);
  }

  private people = 0;

  async room(owner: Person, name: string, members: Readonly<Record<string, Person>> = {}): Promise<string> {
    const { room_id: room } = await owner.must<{ room_id: string }>('POST', '/rooms', { name });
    for (const [role, { login }] of Object.entries(members)) {
      await owner.must('POST', `/rooms/${room}/members`, { login, role });
    }
    return room;
  }

  async text(reader: Person, room: string, file = 'main.py'): Promise<string> {
    const answer = await reader.ask('GET', `/rooms/${room}/files/${encodeURIComponent(file)}`);
    return answer.ok ? answer.text() : `(${answer.status})`;
  }
}
