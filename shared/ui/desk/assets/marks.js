/**
 * A text with a part of it selected.
 * @typedef {{text: string, start: number, end: number}} Selected
 */

/**
 * How many of a mark's signs stand on both sides of what is selected.
 * @param {Selected} selected
 * @param {string} sign
 */
function signs({ text, start, end }, sign) {
  let n = 0;
  while (start > n && text[start - n - 1] === sign && text[end + n] === sign) {
    n++;
  }
  return n;
}

/**
 * Puts marks around what is selected, or takes them away where they are: * is there where one or three stars are, ** where two or three.
 * @param {Selected} selected
 * @param {string} mark ** for bold, * for italics
 * @param {string} sample what stands between them where nothing is selected
 * @returns {Selected}
 */
export function around({ text, start, end }, mark, sample) {
  const size = mark.length;
  const there = signs({ text, start, end }, mark[0]);
  if (size === 1 ? there % 2 === 1 : there >= size) {
    return { text: text.slice(0, start - size) + text.slice(start, end) + text.slice(end + size), start: start - size, end: end - size };
  }
  const inner = text.slice(start, end) || sample;
  return { text: text.slice(0, start) + mark + inner + mark + text.slice(end), start: start + size, end: start + size + inner.length };
}

/**
 * Puts a mark in front of each line that is touched by the selection, or takes it away
 * where all of them have it. Where nothing is selected the caret stays where it is in the line, so that
 * what is typed next does not replace the mark.
 * @param {Selected} selected
 * @param {string} mark as "- " for a list
 * @returns {Selected}
 */
export function before({ text, start, end }, mark) {
  const from = text.lastIndexOf('\n', start - 1) + 1;
  const after = text.indexOf('\n', Math.max(from, end - (end > start ? 1 : 0)));
  const to = after < 0 ? text.length : after;
  const lines = text.slice(from, to).split('\n');
  const all = lines.every((line) => line.startsWith(mark));
  const changed = lines.map((line) => (all ? line.slice(mark.length) : line.startsWith(mark) ? line : mark + line)).join('\n');
  const made = text.slice(0, from) + changed + text.slice(to);
  if (start === end) {
    const caret = Math.max(from, start + changed.length - (to - from));
    return { text: made, start: caret, end: caret };
  }
  return { text: made, start: from, end: from + changed.length };
}

/**
 * Puts what stands for a picture where the selection ends: in a line of its own, unless other
 * pictures stand in it.
 * @param {Selected} selected
 * @param {string} picture as ![what it shows](upload:…)
 * @returns {Selected}
 */
export function picture({ text, end }, picture) {
  const before = text.slice(0, end);
  const after = text.slice(end);
  const line = before.trimEnd().split('\n').pop() ?? '';
  const row = /^(?:!\[[^\]]*\]\([^)\s]*\)\s*)+$/.test(line); // that it goes on with
  const breaks = row ? 1 : before === '' ? 0 : 2;
  const opening = '\n'.repeat(Math.max(0, breaks - (before.length - before.trimEnd().length)));
  const closing = after === '' || after.startsWith('\n') ? '' : '\n\n';
  const start = before.length + opening.length;
  return { text: before + opening + picture + closing + after, start, end: start + picture.length };
}

/**
 * Makes what is selected a link, whose address is then selected to be typed over.
 * @param {Selected} selected
 * @param {string} sample
 * @returns {Selected}
 */
export function link({ text, start, end }, sample) {
  const label = text.slice(start, end) || sample;
  const from = start + label.length + 3;
  return { text: `${text.slice(0, start)}[${label}](https://)${text.slice(end)}`, start: from, end: from + 8 };
}

/**
 * Puts a table behind what is selected, as a paragraph of its own, with its first cell to be typed over.
 * @param {Selected} selected
 * @param {string[]} heads of its columns
 * @returns {Selected}
 */
export function table({ text, end }, heads) {
  const row = (/** @type {string[]} */ cells) => `| ${cells.join(' | ')} |`;
  const made = [row(heads), row(heads.map(() => '---')), row(heads.map(() => ' ')), row(heads.map(() => ' '))].join('\n');
  const before = text.slice(0, end);
  const after = text.slice(end);
  const opening = before === '' ? '' : '\n'.repeat(Math.max(0, 2 - (before.length - before.trimEnd().length)));
  const closing = after === '' ? '' : '\n'.repeat(Math.max(0, 2 - (after.length - after.trimStart().length)));
  const start = before.length + opening.length + 2;
  return { text: before + opening + made + closing + after, start, end: start + heads[0].length };
}
