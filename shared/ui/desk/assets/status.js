import { element } from './dom.js';

const kept = 'madang-said';

/**
 * Says something without taking the focus: on the page, and to screen readers.
 * @param {string} text
 * @param {'good' | 'bad' | ''} [kind]
 */
export function announce(text, kind = '') {
  const live = document.querySelector('#status');
  if (!live) {
    return;
  }
  const said = element('p', { class: `toast ${kind}`.trim() }, text);
  live.replaceChildren(said);
  setTimeout(() => said.remove(), kind === 'bad' ? 12_000 : 6_000);
}

/**
 * Says something on the next page.
 * @param {string} text
 */
export function announceNext(text) {
  sessionStorage.setItem(kept, text);
}

/** Says what the page before wanted said here. */
export function announceKept() {
  const text = sessionStorage.getItem(kept);
  if (text) {
    sessionStorage.removeItem(kept);
    announce(text, 'good');
  }
}
