/** Over how long the speed is measured, in milliseconds. */
const span = 8000;

/** Measures how fast something moves, from how far it was at which time. */
export class Meter {
  /** @type {{at: number, bytes: number}[]} */
  #points = [];

  /**
   * @param {number} at in milliseconds
   * @param {number} bytes how far it is
   */
  mark(at, bytes) {
    this.#points.push({ at, bytes });
    while (this.#points.length > 2 && this.#points[0].at < at - span) {
      this.#points.shift();
    }
  }

  /** Forgets what was: a pause is no slowness. */
  rest() {
    this.#points = [];
  }

  /** Bytes a second; 0 as long as that cannot be said. */
  get speed() {
    const first = this.#points[0];
    const last = this.#points[this.#points.length - 1];
    if (!first || last.at - first.at < 500 || last.bytes <= first.bytes) {
      return 0;
    }
    return ((last.bytes - first.bytes) * 1000) / (last.at - first.at);
  }
}
