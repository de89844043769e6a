/** How many files are sent at once. */
export const together = 2;

/** Runs transfers, some at a time, in the order in which they came. */
export class Queue {
  /** @type {import('./transfer.js').Transfer[]} */
  #waiting = [];
  #running = 0;

  /** @param {(transfer: import('./transfer.js').Transfer) => Promise<unknown>} run */
  constructor(run) {
    this.run = run;
  }

  /** @param {import('./transfer.js').Transfer} transfer */
  add(transfer) {
    this.#waiting.push(transfer);
    this.#next();
  }

  /** @param {import('./transfer.js').Transfer} transfer */
  drop(transfer) {
    this.#waiting = this.#waiting.filter((one) => one !== transfer);
  }

  get busy() {
    return this.#running > 0 || this.#waiting.length > 0;
  }

  #next() {
    while (this.#running < together) {
      const transfer = this.#waiting.shift();
      if (!transfer) {
        return;
      }
      this.#running++;
      this.run(transfer).finally(() => {
        this.#running--;
        this.#next();
      });
    }
  }
}
