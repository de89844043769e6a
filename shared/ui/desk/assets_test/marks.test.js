import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Drafts } from '../assets/draft.js';
import { shortcut } from '../assets/keys.js';
import { around, before, link, picture, table } from '../assets/marks.js';

/** Reads "ab[cd]e" as a text with cd selected, and writes it. @param {string} s */
const read = (s) => ({ text: s.replace(/[[\]]/g, ''), start: s.indexOf('['), end: s.indexOf(']') - 1 });
/** @param {{text: string, start: number, end: number}} s */
const write = (s) => `${s.text.slice(0, s.start)}[${s.text.slice(s.start, s.end)}]${s.text.slice(s.end)}`;

test('marks go around what is selected, and away again', () => {
  assert.equal(write(around(read('가[나다]라'), '**', '굵게')), '가**[나다]**라');
  assert.equal(write(around(read('가**[나다]**라'), '**', '굵게')), '가[나다]라');
  assert.equal(write(around(read('가[]'), '**', '굵게')), '가**[굵게]**');
});

test('italics and bold are told apart', () => {
  assert.equal(write(around(read('가[나]다'), '*', '글')), '가*[나]*다');
  assert.equal(write(around(read('가*[나]*다'), '*', '글')), '가[나]다');
  assert.equal(write(around(read('**[나]**'), '*', '글')), '***[나]***');
  assert.equal(write(around(read('***[나]***'), '*', '글')), '**[나]**');
  assert.equal(write(around(read('***[나]***'), '**', '글')), '*[나]*');
  assert.equal(write(around(read('*[나]*'), '**', '글')), '***[나]***');
  assert.equal(write(around(read('*[나] 다'), '*', '글')), '**[나]* 다');
});

test('a shortcut is the letter with the key of the system, whichever language is typed', () => {
  const pressed = (/** @type {object} */ keys) => /** @type {any} */ ({ key: 'b', code: 'KeyB', ctrlKey: false, metaKey: false, shiftKey: false, altKey: false, isComposing: false, ...keys });
  assert.equal(shortcut(pressed({ ctrlKey: true }), false), 'b');
  assert.equal(shortcut(pressed({ ctrlKey: true, key: 'B' }), false), 'b');
  assert.equal(shortcut(pressed({ ctrlKey: true, key: 'ㅠ' }), false), 'b');
  assert.equal(shortcut(pressed({ ctrlKey: true, key: 'x', code: 'KeyB' }), false), 'x'); // another layout
  assert.equal(shortcut(pressed({ metaKey: true }), true), 'b');
  for (const other of [{}, { metaKey: true }, { ctrlKey: true, shiftKey: true }, { ctrlKey: true, altKey: true }, { ctrlKey: true, isComposing: true }, { ctrlKey: true, key: 'Enter', code: 'Enter' }]) {
    assert.equal(shortcut(pressed(other), false), '');
  }
  assert.equal(shortcut(pressed({ ctrlKey: true }), true), ''); // where it moves the cursor
});

test('a table is a paragraph of its own, whose first cell is typed over', () => {
  const made = '| [구분] | 내용 |\n| --- | --- |\n|   |   |\n|   |   |';
  assert.equal(write(table(read('[]'), ['구분', '내용'])), made);
  assert.equal(write(table(read('앞[]뒤'), ['구분', '내용'])), `앞\n\n${made}\n\n뒤`);
  assert.equal(write(table(read('앞\n[]\n\n뒤'), ['구분', '내용'])), `앞\n\n${made}\n\n뒤`);
});

test('marks go before every line that is touched', () => {
  assert.equal(write(before(read('하나\n둘[]\n셋'), '- ')), '하나\n- 둘[]\n셋');
  assert.equal(write(before(read('하[나\n둘\n]셋'), '- ')), '[- 하나\n- 둘]\n셋');
  assert.equal(write(before(read('[- 하나\n- 둘]'), '- ')), '[하나\n둘]');
  assert.equal(write(before(read('[]'), '## ')), '## []'); // what is typed comes behind the mark
  assert.equal(write(before(read('하[]나'), '> ')), '> 하[]나');
  assert.equal(write(before(read('- []'), '- ')), '[]');
  assert.equal(write(before(read('하나\n-[] 둘'), '- ')), '하나\n[]둘');
});

test('a picture has a line of its own, beside other pictures', () => {
  const put = (/** @type {string} */ s) => {
    const at = s.indexOf('|');
    const made = picture({ text: s.replace('|', ''), start: at, end: at }, '![](upload:1)');
    assert.equal(made.text.slice(made.start, made.end), '![](upload:1)');
    return made.text;
  };
  assert.equal(put('|'), '![](upload:1)');
  assert.equal(put('글|'), '글\n\n![](upload:1)');
  assert.equal(put('글 (학생회관)|'), '글 (학생회관)\n\n![](upload:1)');
  assert.equal(put('글\n|'), '글\n\n![](upload:1)');
  assert.equal(put('글\n\n|뒤'), '글\n\n![](upload:1)\n\n뒤');
  assert.equal(put('![a](upload:0)|'), '![a](upload:0)\n![](upload:1)');
  assert.equal(put('![a](upload:0)\n|\n글'), '![a](upload:0)\n![](upload:1)\n글');
});

test('a link waits for its address', () => {
  const made = link(read('가 [나] 다'), '글');
  assert.equal(made.text, '가 [나](https://) 다');
  assert.equal(made.text.slice(made.start, made.end), 'https://');
});

test('drafts are found by whose and what they are, for a month', () => {
  const kept = new Map();
  const storage = /** @type {any} */ ({ getItem: (/** @type {string} */ k) => kept.get(k) ?? null, setItem: (/** @type {string} */ k, /** @type {string} */ v) => kept.set(k, v), removeItem: (/** @type {string} */ k) => kept.delete(k) });
  const mine = new Drafts(storage, 'me', 'n1');
  const draft = { at: 1000, version: 2, boxes: { title: '봄' }, attachments: [] };
  assert.ok(mine.keep(draft));
  assert.deepEqual(mine.find(2000), draft);
  assert.equal(new Drafts(storage, 'you', 'n1').find(2000), null);
  assert.equal(new Drafts(storage, 'me', 'new').find(2000), null);
  assert.equal(mine.find(1000 + 31 * 86_400_000), null);
  mine.drop();
  assert.equal(mine.find(2000), null);
  storage.setItem = () => {
    throw new Error('full');
  };
  assert.equal(mine.keep(draft), false);
  kept.set(mine.name, '{');
  assert.equal(mine.find(2000), null);
});
