import { Problem, Unreachable, newKey } from './api.js';
import { pause } from './backoff.js';
import { say } from './language.js';
import { Meter } from './meter.js';

/** How many parts of one file are under way at once. Two files at a time leave two of a browser's six connections for everything else. */
export const parallel = 2;

/**
 * @typedef {'waiting' | 'checking' | 'sending' | 'paused' | 'offline' | 'verifying' | 'done' | 'failed' | 'refused'} State refused is the file itself, which no other try makes another
 * @typedef {{number: number, size: number, url: string, headers: Record<string, string>}} Part
 * @typedef {{id: string, name: string, type: string, size: number, state: string, url?: string, alt?: string, variants: {width: number, height: number, url: string}[]}} Upload
 *
 * What a transfer is begun again from, after the page was left.
 * @typedef {object} Saved
 * @property {string} key Idempotency-Key of its start
 * @property {string} purpose
 * @property {string} name
 * @property {string} type
 * @property {number} size
 * @property {number} modified
 * @property {string} sum SHA-256, '' until it is known
 * @property {string} id of the upload, '' until it began
 * @property {number} partSize bytes of every part but the last; 0 until it began
 * @property {number} at when it was begun, in milliseconds
 * @property {Blob} [file] where the browser could keep it
 *
 * What a transfer is done with; replaced in tests.
 * @typedef {object} Tools
 * @property {import('./api.js').Api} api
 * @property {(file: Blob, progress: (bytes: number) => void, signal: AbortSignal) => Promise<string>} checksum
 * @property {(part: Part, bytes: Blob, progress: (bytes: number) => void, signal: AbortSignal) => Promise<void>} put
 * @property {{save: (saved: Saved) => Promise<void>, remove: (key: string) => Promise<void>}} ledger
 * @property {(milliseconds: number, signal: AbortSignal) => Promise<void>} sleep
 * @property {() => number} now
 * @property {() => number} random
 */

/**
 * Whether an answer is about the file itself: too large, of another type, not what it says it is.
 * @param {Problem} problem
 */
function unfit({ status, code }) {
  return [400, 413, 415, 422].includes(status) && code !== 'checksum-mismatch' && code !== 'size-mismatch'; // those are about what arrived of it
}

/** Storage did not take a part. A new address, or patience, may help. */
export class PartRefused extends Error {
  /** @param {number} status */
  constructor(status) {
    super(say(`저장소가 조각을 받지 않았습니다(${status}).`, `Storage did not take a part (${status}).`));
    this.name = 'PartRefused';
    this.status = status;
  }
}

/**
 * One file on its way to storage. It goes on from whatever storage has: after a lost
 * connection, a pause, or a visit to another page. Every change fires 'change'.
 */
export class Transfer extends EventTarget {
  /** @type {State} */
  state = 'waiting';
  /** Bytes that arrived, or that were read while it is checked. */
  bytes = 0;
  /** What went wrong, for a person. */
  reason = '';
  /** @type {Upload | null} */
  upload = null;

  #stop = new AbortController();
  #meter = new Meter();
  /** How often in a row nothing arrived. */
  #tries = 0;
  /** Bytes of the parts that storage has, and of those under way, by number. */
  #stored = 0;
  /** @type {Map<number, number>} */
  #moving = new Map();

  /**
   * @param {File} file
   * @param {Saved} saved
   * @param {Tools} tools
   */
  constructor(file, saved, tools) {
    super();
    this.file = file;
    this.saved = saved;
    this.tools = tools;
  }

  /**
   * A file that was not sent before.
   * @param {File} file
   * @param {string} purpose
   * @param {Tools} tools
   */
  static of(file, purpose, tools) {
    return new Transfer(file, { key: newKey(), purpose, name: file.name, type: file.type, size: file.size, modified: file.lastModified, sum: '', id: '', partSize: 0, at: tools.now(), file }, tools);
  }

  /** Bytes a second. */
  get speed() {
    return this.#meter.speed;
  }

  /** Seconds that are left; 0 as long as that cannot be said. */
  get left() {
    return this.speed > 0 ? (this.file.size - this.bytes) / this.speed : 0;
  }

  /** Whether another try goes on from what arrived. */
  get begun() {
    return this.saved.id !== '';
  }

  get ended() {
    return this.state === 'done' || this.state === 'failed' || this.state === 'refused';
  }

  /** Sends until it is done, refused or paused. It never throws. */
  async run() {
    this.#stop = new AbortController();
    const { signal } = this.#stop;
    try {
      await this.#check(signal);
      await this.#send(signal);
    } catch (error) {
      if (signal.aborted) {
        return;
      }
      this.reason = error instanceof Error ? error.message : String(error);
      if (error instanceof Problem && error.fields.length > 0) {
        this.reason = error.fields.map((field) => field.message).join(' ');
      }
      if (error instanceof DOMException && error.name === 'NotReadableError') {
        this.reason = say('파일을 읽을 수 없습니다. 옮기거나 고쳤다면 다시 고르세요.', 'The file cannot be read. If it was moved or changed, choose it again.');
      }
      const { key } = this.saved;
      const over = error instanceof Problem && error.status !== 401;
      if (over) { // another try is another upload
        Object.assign(this.saved, { key: newKey(), id: '', partSize: 0 });
      }
      this.#set(over && unfit(error) ? 'refused' : 'failed');
      if (over) {
        await this.tools.ledger.remove(key);
      }
    }
  }

  /** Stops until run is called again. What is stored stays. */
  pause() {
    this.#stop.abort(new DOMException('paused', 'AbortError'));
    this.#moving.clear();
    this.#meter.rest();
    this.bytes = this.#stored;
    this.#set('paused');
  }

  /** Stops for good and lets the server forget what arrived. */
  async cancel() {
    this.#stop.abort(new DOMException('cancelled', 'AbortError'));
    await this.tools.ledger.remove(this.saved.key);
    if (this.saved.id !== '' && this.state !== 'done') {
      await this.tools.api.send('DELETE', `/v1/uploads/${this.saved.id}`).catch(() => {}); // swept within a day where this fails
    }
  }

  /** @param {State} state */
  #set(state) {
    this.state = state;
    this.dispatchEvent(new Event('change'));
  }

  /** @param {AbortSignal} signal */
  async #check(signal) {
    if (this.saved.sum !== '') {
      return;
    }
    this.#meter.rest();
    this.#set('checking');
    this.saved.sum = await this.tools.checksum(
      this.file,
      (bytes) => {
        this.bytes = bytes;
        this.#meter.mark(this.tools.now(), bytes);
        this.#set('checking');
      },
      signal,
    );
    this.bytes = 0;
    this.#meter.rest();
  }

  /** @param {AbortSignal} signal */
  async #send(signal) {
    this.#tries = 0;
    for (;;) {
      try {
        if (await this.#round(signal)) {
          return;
        }
      } catch (error) {
        signal.throwIfAborted();
        const again = error instanceof Unreachable || error instanceof PartRefused || (error instanceof Problem && (error.status >= 500 || error.status === 429 || error.code === 'parts-missing'));
        if (!again) {
          throw error;
        }
        this.reason = error.message;
        this.#meter.rest();
        this.#set('offline');
        await this.tools.sleep(pause(++this.#tries, this.tools.random()), signal);
        signal.throwIfAborted();
      }
    }
  }

  /**
   * Sends the parts that storage lacks, up to a page of them, and completes the upload
   * where none is left.
   * @param {AbortSignal} signal
   * @returns {Promise<boolean>} whether it is done
   */
  async #round(signal) {
    const { api, ledger } = this.tools;
    if (this.saved.id === '') {
      const { purpose, name, type, size, sum, key } = this.saved;
      const { body } = await api.send('POST', '/v1/uploads', { body: { purpose, name, type, size, sha256: sum }, key, signal });
      this.saved.id = body.id;
      this.saved.partSize = body.partSize;
      await ledger.save(this.saved);
    }
    const path = `/v1/uploads/${this.saved.id}`;
    const { body: parts } = await api.send('GET', `${path}/parts`, { signal });
    this.#moving.clear();
    this.#stored = parts.stored.reduce((/** @type {number} */ sum, /** @type {Part} */ part) => sum + part.size, 0);
    this.#moved();
    if (parts.missing.length > 0) {
      this.#set('sending');
      await this.#parts(parts.missing, signal);
      return false;
    }
    this.#set('verifying');
    const { body } = await api.send('POST', `${path}/complete`, { body: {}, key: `${this.saved.key}-complete`, signal });
    this.upload = body;
    this.bytes = this.file.size;
    await ledger.remove(this.saved.key);
    this.#set('done');
    return true;
  }

  /**
   * @param {Part[]} missing
   * @param {AbortSignal} signal
   */
  async #parts(missing, signal) {
    const one = new AbortController();
    const both = AbortSignal.any([signal, one.signal]);
    const left = [...missing];
    const lane = async () => {
      for (let part = left.shift(); part; part = left.shift()) {
        const { number, size } = part;
        const from = (number - 1) * this.saved.partSize;
        await this.tools.put(
          part,
          this.file.slice(from, from + size),
          (bytes) => {
            this.#moving.set(number, bytes);
            this.#moved();
            this.#set('sending');
          },
          both,
        );
        this.#moving.delete(number);
        this.#stored += size;
        this.#tries = 0;
        this.#moved();
        this.#set('sending');
      }
    };
    const lanes = Array.from({ length: Math.min(parallel, left.length) }, lane);
    try {
      await Promise.all(lanes);
    } catch (error) {
      one.abort(error); // the others end too, so that what is stored can be asked for
      await Promise.allSettled(lanes);
      throw error;
    }
  }

  #moved() {
    let bytes = this.#stored;
    for (const under of this.#moving.values()) {
      bytes += under;
    }
    this.bytes = Math.min(bytes, this.file.size);
    this.#meter.mark(this.tools.now(), this.bytes);
  }
}
