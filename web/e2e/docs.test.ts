// The page of the API: it has all that the server serves, and asks the server.

import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Team, type Person } from './people';
import { TandemServer } from './server';
import { eventually, launchBrowser, Window } from './windows';

let team: Team;
let browser: Browser;
let ada: Person;

beforeAll(async () => {
  team = await Team.start();
  ada = await team.person('Ada');
  browser = await launchBrowser();
});

afterAll(async () => {
  await browser.close();
  await team.stop();
});

interface Description {
  readonly paths: Record<string, Record<string, { requestBody?: object; 'x-need': string }>>;
  readonly 'x-websocket-messages': string[];
  readonly 'x-websocket-frames': { client: { type: string }[]; server: { type: string }[] };
}

async function describedBy(url: string): Promise<Description> {
  return (await (await fetch(`${url}/openapi.json`)).json()) as Description;
}

function open(window: Window, method: string, path: string): Promise<void> {
  return window.page.getByLabel(new RegExp(`^${method} ${path.replace(/[{}]/g, '\\$&')}: `)).click();
}

async function openAll({ page }: Window): Promise<void> {
  await page.locator('details:not([open]) > summary').evaluateAll((all) => {
    for (const one of all) (one as HTMLElement).click();
  });
  const empty = page.locator('details[open] > .api-body:empty'); // it is filled a moment later
  await eventually(() => empty.count(), (count) => count === 0, 'those that are open and empty');
}

/** Sends the request as the form is; the status of its answer, and the body. */
async function tryIt({ page }: Window, what: string): Promise<[string, string]> {
  await page.getByRole('form', { name: `Try ${what}` }).getByRole('button', { name: 'Try it' }).click();
  const answer = page.getByLabel(`Answer to ${what}`);
  const status = (await answer.locator('.api-status').textContent()) ?? '';
  return [status, (await answer.getByLabel('Body of the answer').textContent()) ?? ''];
}

describe('the page of the API', () => {
  it('has every request and every message that the server describes', async () => {
    const described = await describedBy(team.url);
    const window = await ada.window(browser, '/docs');
    await window.page.getByRole('heading', { name: 'API', level: 1 }).waitFor();
    const requests = Object.entries(described.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`));
    const labels = await window.page.locator('summary[aria-label]').evaluateAll((all) => all.map((one) => one.getAttribute('aria-label') ?? ''));
    expect(labels.map((label) => label.split(': ', 1)[0]).sort()).toEqual(requests.sort());
    const { client, server } = described['x-websocket-frames'];
    const types = await window.page.locator('.api-type').allTextContents();
    expect(types).toEqual([...client, ...server].map(({ type }) => type));
    window.expectNoProblems();
    await window.close();
  });

  it('asks, and shows the answer legibly', async () => {
    const window = await ada.window(browser, '/docs');
    await open(window, 'GET', '/healthz');
    expect(await tryIt(window, 'GET /healthz')).toEqual([expect.stringMatching(/^200 OK/), '{\n  "status": "ok"\n}']);
    await window.page.getByLabel('Answer to GET /healthz').getByText('application/json').waitFor();
    window.expectNoProblems();
    await window.close();
  });

  it('changes things in the name of whoever is signed in', async () => {
    const window = await ada.window(browser, '/docs');
    await open(window, 'POST', '/rooms');
    await window.page.getByRole('form', { name: 'Try POST /rooms' }).getByLabel('Body').fill('{"name": "Made by hand"}');
    const [status, body] = await tryIt(window, 'POST /rooms');
    expect(status).toMatch(/^201 /);
    const { room_id: room } = JSON.parse(body) as { room_id: string };
    expect(await ada.must('GET', `/rooms/${room}`)).toMatchObject({ name: 'Made by hand', role: 'owner' });
    await open(window, 'GET', '/rooms/{room}/files/{file}');
    const form = window.page.getByRole('form', { name: 'Try GET /rooms/{room}/files/{file}', exact: true });
    await form.getByLabel('room').fill(room);
    await form.getByLabel('file').fill('no/such file.py');
    expect((await tryIt(window, 'GET /rooms/{room}/files/{file}'))[0]).toMatch(/^404 /);
    await window.page.getByText(`/rooms/${room}/files/no%2Fsuch%20file.py`).waitFor();
    await window.close();
  });

  it('does not send a body that is no JSON', async () => {
    const window = await ada.window(browser, '/docs');
    await open(window, 'PATCH', '/account');
    const form = window.page.getByRole('form', { name: 'Try PATCH /account' });
    await form.getByLabel('Body').fill('{"name": ');
    await form.getByRole('button', { name: 'Try it' }).click();
    await form.getByRole('alert').getByText('The body is not JSON').waitFor();
    expect(await ada.must('GET', '/account')).toMatchObject({ name: 'Ada' });
    window.expectNoProblems();
    await window.close();
  });

  it('works with the keyboard alone, in a narrow window', async () => {
    const window = await ada.window(browser, '/docs', { viewport: { width: 400, height: 760 } });
    const { page } = window;
    await page.getByLabel(/^GET \/healthz: /).focus();
    await page.keyboard.press('Enter');
    const button = page.getByRole('form', { name: 'Try GET /healthz' }).getByRole('button');
    await button.waitFor();
    await page.keyboard.press('Tab');
    expect(await button.evaluate((one) => one === document.activeElement)).toBe(true);
    await page.keyboard.press('Enter');
    await page.getByLabel('Answer to GET /healthz').getByText('200').waitFor();
    await openAll(window);
    expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)).toBeLessThanOrEqual(0);
    window.expectNoProblems();
    await window.close();
  });

  it('is there without accounts, too', async () => {
    const server = await TandemServer.start();
    const window = await Window.open(browser, `${server.url}/docs`, 'Nobody');
    await open(window, 'GET', '/server');
    expect(JSON.parse((await tryIt(window, 'GET /server'))[1])).toMatchObject({ mode: 'open' });
    window.expectNoProblems();
    await window.close();
    await server.stop();
  });
});

describe('the description', () => {
  it('says what a body must have, of every request that has one', async () => {
    const { paths, ...messages } = await describedBy(team.url);
    const without = Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods)
        .filter(([method, { requestBody }]) => (method === 'post' || method === 'patch') && !requestBody)
        .map(([method]) => `${method} ${path}`));
    expect(without).toEqual(['post /account/sign-out']);
    const shaped = messages['x-websocket-frames'].client.map(({ type }) => type);
    expect(shaped.sort()).toEqual([...messages['x-websocket-messages']].sort());
  });
});
