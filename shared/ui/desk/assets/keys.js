/** Whether the keys of this system go with ⌘: there Ctrl with a letter moves the cursor. */
export const apple = /Mac|iPhone|iPad/.test(globalThis.navigator?.platform ?? '');

/**
 * The letter that is pressed as a shortcut, in lower case; '' where it is none. Where Hangul is
 * typed, it is that of the key.
 * @param {KeyboardEvent} event
 * @param {boolean} [mac]
 */
export function shortcut(event, mac = apple) {
  const held = mac ? event.metaKey && !event.ctrlKey : event.ctrlKey && !event.metaKey;
  if (!held || event.shiftKey || event.altKey || event.isComposing) {
    return '';
  }
  const letter = event.key.toLowerCase();
  return /^[a-z]$/.test(letter) ? letter : (/^Key([A-Z])$/.exec(event.code)?.[1] ?? '').toLowerCase();
}
