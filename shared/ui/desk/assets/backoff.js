/** The longest pause between two tries, in milliseconds. */
export const longest = 30_000;

/**
 * How long to wait before the next try: twice as long each time, and never in step with
 * everybody else who lost the connection at the same moment.
 * @param {number} tries how many have failed in a row, from 1
 * @param {number} random from 0 up to 1
 */
export function pause(tries, random) {
  return Math.min(longest, 500 * 2 ** (tries - 1)) * (0.5 + random / 2);
}

/**
 * Waits, until told to stop. Coming back online ends the wait.
 * @param {number} milliseconds
 * @param {AbortSignal} [signal]
 * @returns {Promise<void>}
 */
export function sleep(milliseconds, signal) {
  return new Promise((resolve, reject) => {
    const finish = () => {
      clearTimeout(timer);
      globalThis.removeEventListener?.('online', finish);
      signal?.removeEventListener('abort', finish);
      if (signal?.aborted) {
        reject(signal.reason);
      } else {
        resolve();
      }
    };
    const timer = setTimeout(finish, milliseconds);
    globalThis.addEventListener?.('online', finish);
    signal?.addEventListener('abort', finish);
    if (signal?.aborted) {
      finish();
    }
  });
}
