/** How long the server keeps an unfinished upload, in milliseconds: 24 hours (ORPHAN_AGE). */
const life = 24 * 60 * 60 * 1000;

const store = 'uploads';

/**
 * Unfinished uploads of one member in this browser, so that they go on after the page was
 * left. The files are kept with them where there is room, and forgotten when they are done.
 */
export class Ledger {
  /** @type {Promise<IDBDatabase> | null} */
  #opened = null;

  /** @param {string} member */
  constructor(member) {
    this.name = `madang-uploads-${member}`;
  }

  #open() {
    this.#opened ??= new Promise((/** @type {(database: IDBDatabase) => void} */ resolve, reject) => {
      const request = indexedDB.open(this.name, 1);
      request.onupgradeneeded = () => request.result.createObjectStore(store, { keyPath: 'key' });
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
    return this.#opened;
  }

  /**
   * @param {IDBTransactionMode} mode
   * @param {(store: IDBObjectStore) => IDBRequest} act
   * @returns {Promise<any>}
   */
  async #do(mode, act) {
    const transaction = (await this.#open()).transaction(store, mode);
    const request = act(transaction.objectStore(store));
    await new Promise((/** @type {(value?: unknown) => void} */ resolve, reject) => {
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error);
    });
    return request.result;
  }

  /**
   * Keeps an upload; without its file where the browser has no room for it.
   * @param {import('./transfer.js').Saved} saved
   */
  async save(saved) {
    try {
      await this.#do('readwrite', (s) => s.put(saved));
    } catch {
      const { file: _, ...rest } = saved;
      await this.#do('readwrite', (s) => s.put(rest)).catch(() => {}); // private browsing: it cannot be gone on with
    }
  }

  /** @param {string} key */
  async remove(key) {
    await this.#do('readwrite', (s) => s.delete(key)).catch(() => {});
  }

  /**
   * What is unfinished, the oldest first; what the server has forgotten is forgotten here.
   * @param {number} now in milliseconds
   * @returns {Promise<import('./transfer.js').Saved[]>}
   */
  async list(now) {
    try {
      const all = /** @type {import('./transfer.js').Saved[]} */ (await this.#do('readonly', (s) => s.getAll()));
      for (const old of all.filter((saved) => saved.at + life <= now)) {
        await this.remove(old.key);
      }
      return all.filter((saved) => saved.at + life > now).sort((a, b) => a.at - b.at);
    } catch {
      return [];
    }
  }
}
