// Sign-in through a company's OpenID Connect provider: a real one, oidc-provider
// from npm, on loopback; and one of ours that lies in every way there is.

import { createHash, generateKeyPairSync, createSign, createHmac, randomBytes } from 'node:crypto';
import fs from 'node:fs';
import http from 'node:http';
import { fileURLToPath } from 'node:url';

import { AccountServer } from './support/accounts.mjs';
import { setCookies } from './support/node_18.mjs';
import { install } from './support/npm_package.mjs';
import { check, same, suite, until } from './support/suite.mjs';

const client = { id: 'tandem', secret: 'a secret of the provider & tandem' };

const listen = (server) => new Promise((done) => server.listen(0, '127.0.0.1', () => done(server.address().port)));

function secretFile() {
  const path = `/tmp/tandem-oidc-${process.pid}-${randomBytes(4).toString('hex')}`;
  fs.writeFileSync(path, `${client.secret}\n`);
  return path;
}

async function withTandem(issuer, body, more = {}) {
  const path = secretFile();
  const made = await AccountServer.start({
    TANDEM_OIDC_ISSUER: issuer, TANDEM_OIDC_CLIENT_ID: client.id, TANDEM_OIDC_CLIENT_SECRET_FILE: path,
    TANDEM_OIDC_NAME: 'Example Inc.', ...more,
  });
  try {
    return await body(made);
  } finally {
    await made.end();
    fs.rmSync(path);
  }
}

/** A browser: keeps cookies by host, and follows where it is sent, by hand. */
class Browser {
  jar = new Map();

  async go(url, init = {}) {
    const { origin } = new URL(url);
    const jar = this.jar.get(origin) ?? this.jar.set(origin, new Map()).get(origin);
    const cookie = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
    const answer = await fetch(url, { redirect: 'manual', ...init, headers: { ...init.headers, ...(cookie && { cookie }) } });
    for (const one of setCookies(answer)) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(one);
      if (/Max-Age=0/.test(one) || /expires=Thu, 01 Jan 1970/i.test(one)) jar.delete(name);
      else jar.set(name, value);
    }
    const place = answer.headers.get('location');
    return { status: answer.status, text: await answer.text(), place: place && new URL(place, url).href };
  }

  async account(server) {
    return JSON.parse((await this.go(`${server.url}/account`)).text);
  }
}

// --- a real provider ---------------------------------------------------------------

install(fileURLToPath(new URL('./oidc/', import.meta.url)), 'oidc-provider');

async function realProvider(run) {
  const { default: Provider } = await import('./oidc/node_modules/oidc-provider/lib/index.js');
  const server = http.createServer();
  const port = await listen(server);
  const issuer = `http://127.0.0.1:${port}`;
  const callbacks = [];
  const provider = new Provider(issuer, {
    clients: [{ client_id: client.id, client_secret: client.secret, redirect_uris: ['http://127.0.0.1/auth/callback'],
      response_types: ['code'], grant_types: ['authorization_code'] }],
    pkce: { required: () => true, methods: ['S256'] },
    conformIdTokenClaims: false,
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
    findAccount: (_, id) => ({ accountId: id,
      claims: () => ({ sub: id, email: `${id}@example.org`, email_verified: id !== 'unverified', name: `Person ${id}` }) }),
    features: { devInteractions: { enabled: true } },
  });
  // The port of tandem is not known yet when the client is registered.
  provider.Client.prototype.redirectUriAllowed = (uri) => { callbacks.push(uri); return /^http:\/\/127\.0\.0\.1:\d+\/auth\/callback$/.test(uri); };
  server.on('request', provider.callback());
  try {
    return await run(issuer, provider);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

/** Signs in at the provider's own pages, until it sends the browser back to tandem. */
async function throughProvider(browser, made, login, to = '/r/some-room') {
  let at = await browser.go(`${made.server.url}/auth/start?to=${encodeURIComponent(to)}`);
  same(at.status, 302, at.text);
  for (let steps = 0; steps < 12; steps++) {
    if (at.place && at.place.startsWith(made.server.url)) return at.place;
    if (at.place) {
      at = await browser.go(at.place);
      continue;
    }
    const [, action] = /action="([^"]+)"/.exec(at.text) ?? [];
    const [, prompt] = /name="prompt" value="([^"]+)"/.exec(at.text) ?? [];
    check(action && prompt, () => `a page of the provider's: ${at.status} ${at.text.slice(0, 400)}`);
    at = await browser.go(action, { method: 'POST', headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ prompt, ...(prompt === 'login' && { login, password: 'any' }) }).toString() });
  }
  throw new Error('the provider does not come to an end');
}

async function real() {
  return realProvider((issuer) => withTandem(issuer, async (made) => {
    same((await made.guest().must('GET', '/server')).provider, 'Example Inc.', 'the name for the button');
    const browser = new Browser();
    const back = await throughProvider(browser, made, 'ada');
    const asked = new URL(back).searchParams;
    check(asked.get('code') && asked.get('state'), back);
    const done = await browser.go(back);
    same([done.status, done.place], [302, `${made.server.url}/r/some-room`], 'where they wanted to go');
    const account = await browser.account(made.server);
    same([account.login, account.name, account.tenant.role], ['ada@example.org', 'Person ada', 'member'], 'who they are');
    same((await browser.go(back)).place, `${made.server.url}/#sign-in-failed`, 'a code is good once');

    const entries = await made.root.must('GET', '/tenant/audit');
    for (const action of ['account.create', 'sign_in.company'])
      check(entries.some((one) => one.action === action && one.account === account.id), `${action} is in the audit log`);

    const again = new Browser();
    await again.go(await throughProvider(again, made, 'ada'));
    same((await again.account(made.server)).id, account.id, 'the same account the next time');

    const stranger = new Browser();
    const stolen = await throughProvider(new Browser(), made, 'bob');
    same((await stranger.go(stolen)).place, `${made.server.url}/#sign-in-failed`, 'a browser that did not ask for it');

    const unverified = new Browser();
    await unverified.go(await throughProvider(unverified, made, 'unverified'));
    check(!(await unverified.account(made.server)).login.includes('@example.org'), 'an address that is not verified is nobody\'s');

    const elsewhere = new Browser();
    const home = await elsewhere.go(await throughProvider(elsewhere, made, 'carol', 'https://evil.example.org/'));
    same(home.place, `${made.server.url}/`, 'to none but our own pages');

    await made.root.must('PATCH', `/tenant/accounts/${account.id}`, { is_disabled: true });
    const disabled = new Browser();
    same((await disabled.go(await throughProvider(disabled, made, 'ada'))).place, `${made.server.url}/#sign-in-failed`, 'disabled');
    check((await made.root.must('GET', '/tenant/audit')).some((one) => one.action === 'sign_in.failed' && one.name === 'ada@example.org'),
      'and it is in the audit log');
  }));
}

async function onlyKnown() {
  return realProvider((issuer) => withTandem(issuer, async (made) => {
    const browser = new Browser();
    same((await browser.go(await throughProvider(browser, made, 'nobody'))).place, `${made.server.url}/#sign-in-failed`, 'no account is made');
  }, { TANDEM_OIDC_MAKES_ACCOUNTS: 'no' }));
}

// --- one that lies -----------------------------------------------------------------

const base64 = (value) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

/** A provider whose ID token is made by `forge({ claims, header, sign, key })`. */
async function liar(run) {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const other = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const state = { forge: undefined, says: undefined, challenge: undefined, verifier: undefined, nonce: undefined, exchanged: 0 };
  const server = http.createServer((request, answer) => {
    const url = new URL(request.url, state.issuer);
    const json = (value, status = 200) => answer.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value));
    if (url.pathname === '/.well-known/openid-configuration')
      return json({ issuer: state.says ?? state.issuer, authorization_endpoint: `${state.issuer}/auth`,
        token_endpoint: `${state.issuer}/token`, jwks_uri: `${state.issuer}/keys` });
    if (url.pathname === '/keys')
      return json({ keys: [{ ...rsa.publicKey.export({ format: 'jwk' }), kid: 'rsa', use: 'sig' },
        { ...ec.publicKey.export({ format: 'jwk' }), kid: 'ec' }, { kty: 'made-up' }] });
    let body = '';
    request.on('data', (data) => { body += data; });
    request.on('end', () => {
      state.exchanged++;
      const form = new URLSearchParams(body);
      state.verifier = form.get('code_verifier');
      state.authorization = request.headers.authorization;
      json({ access_token: 'x', token_type: 'Bearer', id_token: state.forge() });
    });
  });
  const port = await listen(server);
  state.issuer = `http://127.0.0.1:${port}`;
  const now = () => Math.floor(Date.now() / 1000);
  const claims = (more = {}) => ({ iss: state.issuer, aud: client.id, sub: 'eve', nonce: state.nonce, iat: now(), exp: now() + 60, ...more });
  const token = (payload, header = { alg: 'RS256', kid: 'rsa' }, key = rsa.privateKey) => {
    const signed = `${base64(header)}.${base64(payload)}`;
    const signature = header.alg === 'ES256'
      ? createSign('sha256').update(signed).sign({ key: ec.privateKey, dsaEncoding: 'ieee-p1363' })
      : createSign('sha256').update(signed).sign(key);
    return `${signed}.${signature.toString('base64url')}`;
  };
  try {
    return await run(state, { claims, token, rsa, other, ec, now });
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

/** Each: what is wrong with the token, and how it is made. */
const lies = [
  ['another issuer', ({ token, claims }) => token(claims({ iss: 'https://accounts.example.org' }))],
  ['no issuer', ({ token, claims }) => token(claims({ iss: undefined }))],
  ['another audience', ({ token, claims }) => token(claims({ aud: 'somebody-else' }))],
  ['an audience that begins alike', ({ token, claims }) => token(claims({ aud: 'tandem2' }))],
  ['no audience', ({ token, claims }) => token(claims({ aud: undefined }))],
  ['several audiences, and another party', ({ token, claims }) => token(claims({ aud: ['tandem', 'x'], azp: 'x' }))],
  ['several audiences, and no party', ({ token, claims }) => token(claims({ aud: ['tandem', 'x'] }))],
  ['ended', ({ token, claims, now }) => token(claims({ exp: now() - 120 }))],
  ['without an end', ({ token, claims }) => token(claims({ exp: undefined }))],
  ['an end that is a text', ({ token, claims, now }) => token(claims({ exp: `${now() + 60}` }))],
  ['from the future', ({ token, claims, now }) => token(claims({ iat: now() + 3600 }))],
  ['another nonce', ({ token, claims }) => token(claims({ nonce: 'other' }))],
  ['no nonce', ({ token, claims }) => token(claims({ nonce: undefined }))],
  ['nobody', ({ token, claims }) => token(claims({ sub: '' }))],
  ['another key', ({ token, claims, other }) => token(claims(), { alg: 'RS256', kid: 'rsa' }, other.privateKey)],
  ['a key that is not known', ({ token, claims, other }) => token(claims(), { alg: 'RS256', kid: 'new' }, other.privateKey)],
  ['no algorithm', ({ claims }) => `${base64({ alg: 'none' })}.${base64(claims())}.`],
  ['a shared secret: the public key', ({ claims, rsa }) => {
    const signed = `${base64({ alg: 'HS256', kid: 'rsa' })}.${base64(claims())}`;
    return `${signed}.${createHmac('sha256', rsa.publicKey.export({ type: 'spki', format: 'pem' })).update(signed).digest('base64url')}`;
  }],
  ['a shared secret: the client\'s', ({ claims }) => {
    const signed = `${base64({ alg: 'HS256' })}.${base64(claims())}`;
    return `${signed}.${createHmac('sha256', client.secret).update(signed).digest('base64url')}`;
  }],
  ['an RSA key for an elliptic signature', ({ claims, token }) => token(claims(), { alg: 'ES256', kid: 'rsa' })],
  ['claims changed after signing', ({ token, claims }) => {
    const [header, , signature] = token(claims()).split('.');
    return `${header}.${base64(claims({ sub: 'root' }))}.${signature}`;
  }],
  ['claims that are no object', ({ token }) => token([1])],
  ['no token', () => undefined],
  ['garbage', () => 'a.b.c'],
  ['far too long', ({ token, claims }) => token(claims({ more: 'x'.repeat(100_000) }))],
];

async function arrive(made, state) {
  const browser = new Browser();
  const left = await browser.go(`${made.server.url}/auth/start`);
  check(left.place?.startsWith(`${state.issuer}/auth?`), () => `${left.status} ${left.place}`);
  const asked = new URL(left.place).searchParams;
  state.nonce = asked.get('nonce');
  state.challenge = asked.get('code_challenge');
  const back = `${made.server.url}/auth/callback?code=c&state=${encodeURIComponent(asked.get('state'))}`;
  return { browser, asked, place: (await browser.go(back)).place };
}

async function lying() {
  return liar((state, tools) => withTandem(state.issuer, async (made) => {
    const failed = `${made.server.url}/#sign-in-failed`;
    for (const [what, forge] of lies) {
      state.forge = () => forge(tools);
      const { browser, place } = await arrive(made, state);
      same(place, failed, what);
      same(browser.jar.get(made.server.url)?.size, 0, `${what}: nothing of it stays in the browser`);
    }
    for (const [what, make] of [
      ['RS256', () => tools.token(tools.claims())],
      ['ES256', () => tools.token(tools.claims(), { alg: 'ES256', kid: 'ec' })],
      ['several audiences, and ours is the party', () => tools.token(tools.claims({ aud: ['x', 'tandem'], azp: 'tandem' }))],
    ]) {
      state.forge = make;
      const { place, asked } = await arrive(made, state);
      same(place, `${made.server.url}/`, () => `${what}: ${made.server.log.slice(-300)}`);
      same(createHash('sha256').update(state.verifier).digest('base64url'), state.challenge, 'PKCE');
      same([asked.get('response_type'), asked.get('code_challenge_method'), asked.get('scope')], ['code', 'S256', 'openid email profile'], 'asked');
      check(state.authorization.startsWith('Basic '), 'the client says who it is');
    }
    check(!made.server.log.includes(client.secret), 'no secret in the log');
    return `${lies.length} lies refused`;
  }));
}

/** One who has no journey of ours costs the provider nothing; one who has, no more than tries to sign in may. */
async function flooded() {
  return liar((state, { token, claims }) => withTandem(state.issuer, async (made) => {
    state.forge = () => token(claims({ sub: '' }));
    const stranger = (cookie) => fetch(`${made.server.url}/auth/callback?code=x&state=s`,
      { redirect: 'manual', headers: { cookie: `tandem-sign-in=${cookie}` } });
    for (const cookie of ['s.n.v.%2F', `${'0'.repeat(64)}.${Math.floor(Date.now() / 1000)}.s.n.v.%2F`])
      same((await stranger(cookie)).headers.get('location'), '/#sign-in-failed', 'a journey of their own making');
    same(state.exchanged, 0, 'what the provider was asked');
    const left = await fetch(`${made.server.url}/auth/start`, { redirect: 'manual' });
    const cookie = setCookies(left)[0].split(';')[0];
    const at = new URL(left.headers.get('location')).searchParams.get('state');
    const statuses = [];
    for (let i = 0; i < 12; i++)
      statuses.push((await fetch(`${made.server.url}/auth/callback?code=x&state=${at}`, { redirect: 'manual', headers: { cookie } })).status);
    check(statuses[0] === 302 && statuses.at(-1) === 429, statuses.join());
    same(state.exchanged, statuses.filter((one) => one === 302).length, 'what the provider was asked');
    same((await fetch(`${made.server.url}/auth/start`, { redirect: 'manual' })).status, 429, 'nor may they leave');
  }, { TANDEM_SIGN_INS_PER_ADDRESS: '1/min burst 10' }));
}

async function away() {
  return liar((state) => {
    state.says = 'http://127.0.0.1:1';
    return withTandem(state.issuer, async (made) => {
      const left = await new Browser().go(`${made.server.url}/auth/start`);
      same(left.place, `${made.server.url}/#sign-in-failed`, 'a provider that says another issuer');
      await until('said in the log', () => /another issuer/.test(made.server.log));
    });
  });
}

await suite('company sign-in', [
  { name: 'a real provider', run: real },
  { name: 'only those who have an account', run: onlyKnown },
  { name: 'a provider that lies', run: lying, deadlineMs: 120_000 },
  { name: 'a provider that is another', run: away },
  { name: 'many who come back from nowhere', run: flooded },
]);
