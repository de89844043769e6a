import { sha256 } from './noble-sha256.js';

/**
 * The SHA-256 of a stream, in hexadecimal. What was read is forgotten at once, so that a
 * file of any size takes the same memory.
 * @param {ReadableStream<Uint8Array>} stream
 * @param {(bytes: number) => void} progress told how much was read so far
 */
export async function digest(stream, progress) {
  const hash = sha256.create();
  const reader = stream.getReader();
  let bytes = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) {
      break;
    }
    hash.update(value);
    bytes += value.length;
    progress(bytes);
  }
  return Array.from(hash.digest(), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
