import { pause, sleep } from './backoff.js';
import { say } from './language.js';

/** The API refused: what it says is meant for the person. */
export class Problem extends Error {
  /**
   * @param {number} status
   * @param {{code?: string, detail?: string, requestId?: string, errors?: {field: string, code: string, message: string}[]}} document
   */
  constructor(status, document) {
    super(document.detail || say(`요청을 처리하지 못했습니다(${status}).`, `The request failed (${status}).`));
    this.name = 'Problem';
    this.status = status;
    this.code = document.code ?? '';
    this.fields = document.errors ?? [];
    this.requestId = document.requestId ?? '';
  }
}

/** Nobody answered: the network or the server is away. */
export class Unreachable extends Error {
  /** @param {unknown} cause */
  constructor(cause) {
    super(say('서버에 연결할 수 없습니다. 인터넷 연결을 확인하세요.', 'The server cannot be reached. Check your connection.'), { cause });
    this.name = 'Unreachable';
  }
}

/**
 * @typedef {object} Call
 * @property {unknown} [body] sent as JSON, or as it is where it has a type
 * @property {string} [type] of a body that is not JSON
 * @property {number} [version] for If-Match
 * @property {string} [key] Idempotency-Key: with it a POST may be tried again
 * @property {AbortSignal} [signal]
 * @property {number} [tries] at most how often; 4 unless told
 * @property {(seconds: number) => void} [waiting] told before each pause
 */

/**
 * What an answer says: its JSON or text, and the version of what it is about.
 * @typedef {{status: number, body: any, version: number}} Answer
 */

/** Nobody waits longer than this with a form open, in milliseconds: it is said that it did not work. */
const LONGEST = 60_000;

/** Calls the API of this site, as the member whose cookies the browser has. */
export class Api {
  /** @type {Promise<boolean> | null} */
  #renewal = null;

  /** @param {{fetch?: typeof fetch, sleep?: typeof sleep, random?: () => number}} [given] replaced in tests */
  constructor(given = {}) {
    this.fetch = given.fetch ?? ((input, init) => globalThis.fetch(input, init));
    this.sleep = given.sleep ?? sleep;
    this.random = given.random ?? Math.random;
  }

  /**
   * Sends a request. What may be repeated without harm is, where nobody answered or the
   * server asked for patience; a session that has run out is renewed once.
   * @param {string} method
   * @param {string} path
   * @param {Call} [call]
   * @returns {Promise<Answer>}
   */
  async send(method, path, call = {}) {
    const repeatable = method === 'GET' || call.key !== undefined || call.version !== undefined;
    const most = repeatable ? (call.tries ?? 4) : 1;
    let renewed = false;
    for (let tries = 1; ; tries++) {
      try {
        const response = await this.#once(method, path, call);
        if (response.status === 401 && !renewed && (await this.#renew(call.signal))) {
          renewed = true;
          tries--;
          continue;
        }
        const asked = Number(response.headers.get('Retry-After')) * 1000;
        if (tries < most && (response.status === 503 || response.status === 429) && !(asked > LONGEST)) {
          await this.#wait(Math.max(asked || 0, pause(tries, this.random())), call);
          continue;
        }
        return await this.#read(response);
      } catch (error) {
        if (!(error instanceof Unreachable) || tries >= most) {
          throw error;
        }
        await this.#wait(pause(tries, this.random()), call);
      }
    }
  }

  /** @param {number} milliseconds @param {Call} call */
  #wait(milliseconds, call) {
    call.waiting?.(milliseconds / 1000);
    return this.sleep(milliseconds, call.signal);
  }

  /** @param {string} method @param {string} path @param {Call} call */
  async #once(method, path, call) {
    /** @type {Record<string, string>} */
    const headers = { 'Accept-Language': say('ko', 'en') };
    if (call.body !== undefined) {
      headers['Content-Type'] = call.type ?? 'application/json';
    }
    if (call.version !== undefined) {
      headers['If-Match'] = `"v${call.version}"`;
    }
    if (call.key !== undefined) {
      headers['Idempotency-Key'] = call.key;
    }
    try {
      return await this.fetch(path, {
        method,
        headers,
        body: call.type !== undefined ? /** @type {ArrayBuffer} */ (call.body) : call.body === undefined ? undefined : JSON.stringify(call.body),
        credentials: 'same-origin',
        cache: 'no-store',
        redirect: 'error',
        signal: call.signal,
      });
    } catch (error) {
      call.signal?.throwIfAborted();
      throw new Unreachable(error);
    }
  }

  /** @param {Response} response @returns {Promise<Answer>} */
  async #read(response) {
    const type = response.headers.get('Content-Type') ?? '';
    let body;
    try {
      const text = await response.text();
      body = /[/+]json\b/.test(type) && text !== '' ? JSON.parse(text) : text;
    } catch (error) {
      throw new Unreachable(error);
    }
    if (!response.ok) {
      throw new Problem(response.status, typeof body === 'object' ? body : {});
    }
    return { status: response.status, body, version: Number(/"v(\d+)"/.exec(response.headers.get('ETag') ?? '')?.[1] ?? 0) };
  }

  /**
   * Exchanges the refresh cookie for new ones, once for all who wait. Of several tabs
   * only one does it at a time.
   * @param {AbortSignal} [signal]
   */
  async #renew(signal) {
    this.#renewal ??= this.#exchange().finally(() => {
      this.#renewal = null;
    });
    const done = await this.#renewal;
    signal?.throwIfAborted();
    return done;
  }

  async #exchange() {
    const exchange = async () => {
      const response = await this.#once('POST', '/v1/auth/sessions/refresh', { body: {} });
      return response.ok;
    };
    const locks = globalThis.navigator?.locks;
    return locks ? locks.request('madang.refresh', exchange) : exchange();
  }
}

/** A name for one attempt to change something, for Idempotency-Key. */
export function newKey() {
  return crypto.randomUUID();
}
