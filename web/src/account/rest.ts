// Requests to the server's REST API, as a browser makes them: the session is in
// a cookie, and what changes something carries the CSRF value of that session.

export class RestError extends Error {
  constructor(
    readonly status: number, // 0: there was no answer
    readonly code: string,
    message: string,
    readonly retryMs: number | undefined,
  ) {
    super(message);
  }
}

export type Method = 'GET' | 'POST' | 'PATCH' | 'DELETE';

export interface RestOptions {
  readonly fetch: typeof fetch;
  /** The CSRF value of the session that there is now, or none. */
  readonly askForCsrf: () => Promise<string | undefined>;
  /** A change was answered 401. */
  readonly onRefused: () => Promise<void>;
}

interface ErrorBody {
  readonly error?: { readonly code?: unknown; readonly message?: unknown; readonly retry_ms?: unknown };
}

export class Rest {
  private csrf: string | undefined;

  constructor(private readonly options: RestOptions) {}

  setCsrf(csrf: string | undefined): void {
    this.csrf = csrf;
  }

  get<T>(path: string): Promise<T> {
    return this.send<T>('GET', path, undefined, undefined);
  }

  /** A request that needs no session: to sign in, to sign up. */
  postAsNobody<T>(path: string, body: object): Promise<T> {
    return this.send<T>('POST', path, body, undefined);
  }

  async change<T>(method: Exclude<Method, 'GET'>, path: string, body?: object): Promise<T> {
    this.csrf ??= await this.options.askForCsrf();
    const used = this.csrf;
    try {
      return await this.changeOnce<T>(method, path, body);
    } catch (error) {
      if (!(error instanceof RestError) || error.status !== 403) throw error;
      // Somebody may have signed in anew in another tab: then the value is another one.
      this.csrf = await this.options.askForCsrf();
      if (this.csrf === used) throw error;
      return this.changeOnce<T>(method, path, body);
    }
  }

  /**
   * The answer as it is, for somebody to look at. The CSRF value is asked for each
   * time: what is tried may be a sign-in.
   */
  async tryOut(method: Method, path: string, body: string | undefined): Promise<Response> {
    const csrf = method === 'GET' ? undefined : await this.options.askForCsrf();
    // Where a redirect leads to may be another's server, which the page's policy does not let it ask.
    return this.request(method, path, body, csrf, { redirect: 'manual' });
  }

  private async changeOnce<T>(method: Method, path: string, body: object | undefined): Promise<T> {
    try {
      return await this.send<T>(method, path, body, this.csrf);
    } catch (error) {
      if (error instanceof RestError && error.status === 401) await this.options.onRefused();
      throw error;
    }
  }

  private async send<T>(method: Method, path: string, body: object | undefined, csrf: string | undefined): Promise<T> {
    return readAnswer<T>(await this.request(method, path, body && JSON.stringify(body), csrf));
  }

  private async request(
    method: Method,
    path: string,
    body: string | undefined,
    csrf: string | undefined,
    more: RequestInit = {},
  ): Promise<Response> {
    const headers: Record<string, string> = { Accept: 'application/json' };
    if (body !== undefined) headers['Content-Type'] = 'application/json';
    if (csrf !== undefined) headers['Tandem-CSRF'] = csrf;
    const sent = body === undefined ? {} : { body };
    try {
      return await this.options.fetch(path, { method, headers, credentials: 'same-origin', ...sent, ...more });
    } catch {
      throw new RestError(0, 'no_answer', 'The server does not answer.', undefined);
    }
  }
}

async function readAnswer<T>(response: Response): Promise<T> {
  const answer: unknown = await response.json().catch(() => undefined);
  if (!response.ok) throw errorOf(response, answer as ErrorBody | undefined);
  if (response.status !== 204 && answer === undefined) {
    throw new RestError(response.status, 'not_json', 'The server gave an answer that is not understood.', undefined);
  }
  return answer as T;
}

function errorOf(response: Response, answer: ErrorBody | undefined): RestError {
  const { code, message, retry_ms } = answer?.error ?? {};
  const seconds = Number(response.headers.get('Retry-After') ?? NaN);
  const retryMs = typeof retry_ms === 'number' ? retry_ms : seconds >= 0 ? seconds * 1000 : undefined;
  return new RestError(
    response.status,
    typeof code === 'string' ? code : '',
    typeof message === 'string' && message !== '' ? message : `The server answered ${response.status}.`,
    retryMs,
  );
}
