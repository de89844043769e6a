/**
 * The SHA-256 of a file, computed beside the page, which stays quick meanwhile.
 * @param {Blob} file
 * @param {(bytes: number) => void} progress
 * @param {AbortSignal} signal
 * @returns {Promise<string>}
 */
export function checksum(file, progress, signal) {
  signal.throwIfAborted();
  const worker = new Worker(new URL('./checksum-worker.js', import.meta.url), { type: 'module' });
  return new Promise((/** @type {(sum: string) => void} */ resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    worker.addEventListener('error', (event) => reject(new Error(event.message)));
    worker.addEventListener('message', ({ data }) => {
      if (data.sum) {
        resolve(data.sum);
      } else if (data.error) {
        reject(new Error(data.error));
      } else {
        progress(data.bytes);
      }
    });
    worker.postMessage(file);
  }).finally(() => worker.terminate());
}
