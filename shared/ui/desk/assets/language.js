/**
 * One sentence in the language of the page: Korean unless it is English.
 * @param {string} ko
 * @param {string} en
 */
export function say(ko, en) {
  return globalThis.document?.documentElement.lang === 'en' ? en : ko;
}

/**
 * Bytes as people say them, and as the server says them (shared/ui.Size).
 * @param {number} bytes
 */
export function sizeOf(bytes) {
  if (bytes < 1000) {
    return `${Math.round(bytes)} B`;
  }
  if (bytes < 1e6) {
    return `${Math.round(bytes / 1000)} KB`;
  }
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
}

/**
 * A time that is left, in the largest unit that says enough.
 * @param {number} seconds
 */
export function durationOf(seconds) {
  if (seconds < 60) {
    return say(`${Math.max(1, Math.round(seconds))}초`, `${Math.max(1, Math.round(seconds))} s`);
  }
  if (seconds < 3600) {
    return say(`${Math.round(seconds / 60)}분`, `${Math.round(seconds / 60)} min`);
  }
  return say(`${Math.round(seconds / 3600)}시간`, `${Math.round(seconds / 3600)} h`);
}
