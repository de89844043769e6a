import { Unreachable } from './api.js';
import { PartRefused } from './transfer.js';

/** How long a part may stand still before it is given up, in milliseconds. */
const patience = 30_000;

/**
 * Sends a part to storage. XMLHttpRequest, since fetch does not say how far it is.
 * @param {import('./transfer.js').Part} part
 * @param {Blob} bytes
 * @param {(bytes: number) => void} progress
 * @param {AbortSignal} signal
 * @returns {Promise<void>}
 */
export function put(part, bytes, progress, signal) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    let still = setTimeout(() => request.abort(), patience);
    const alive = () => {
      clearTimeout(still);
      still = setTimeout(() => request.abort(), patience);
    };
    const abort = () => request.abort();
    signal.addEventListener('abort', abort);
    request.upload.addEventListener('progress', (event) => {
      alive();
      progress(event.loaded);
    });
    request.addEventListener('loadend', () => {
      clearTimeout(still);
      signal.removeEventListener('abort', abort);
      if (signal.aborted) {
        reject(signal.reason);
      } else if (request.status >= 200 && request.status < 300) {
        resolve();
      } else if (request.status === 0) {
        reject(new Unreachable(new Error(`part ${part.number}`)));
      } else {
        reject(new PartRefused(request.status));
      }
    });
    request.open('PUT', part.url);
    for (const [name, value] of Object.entries(part.headers)) {
      if (!/^(content-length|host)$/i.test(name)) { // a browser sets these itself
        request.setRequestHeader(name, value);
      }
    }
    if (signal.aborted) {
      reject(signal.reason);
      clearTimeout(still);
      return;
    }
    request.send(bytes);
  });
}
