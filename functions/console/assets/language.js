/**
 * One sentence in the language of the page: Korean unless it is English.
 * @param {string} ko
 * @param {string} en
 */
export function say(ko, en) {
  return globalThis.document?.documentElement.lang === 'en' ? en : ko;
}

/**
 * Bytes as people say them.
 * @param {number} bytes
 */
export function sizeOf(bytes) {
  const units = ['B', 'KB', 'MB', 'GB'];
  let n = bytes;
  let unit = 0;
  while (n >= 1024 && unit < units.length - 1) {
    n /= 1024;
    unit++;
  }
  return `${unit === 0 || n >= 100 ? Math.round(n) : n.toFixed(1)} ${units[unit]}`;
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
