import { Api, newKey } from './api.js';
import { element, need, told } from './dom.js';
import { busy, clearWrong, showWrong } from './form.js';
import { say } from './language.js';
import { spoken } from './seoul.js';
import { announce } from './status.js';

/**
 * A notice as it would be imported, and something that is wrong with the files.
 * @typedef {{file: string, line: number, unit: string, title: string, titleEn?: string, excerpt: string, tags: string[], publishAt?: string, there: boolean, wrong: boolean}} Found
 * @typedef {{file: string, line?: number, field: string, code: string, message: string}} Wrong
 */

const form = /** @type {HTMLFormElement} */ (need('#import'));
/** @type {{notices: string}} */
const page = told(form);
const language = document.documentElement.lang;
const api = new Api();
const found = need('#found');
const bring = need('#bring');
const chosen = /** @type {HTMLInputElement} */ (need('#field-file'));
/** What was looked at: the same bytes are imported, and tried again under one key after a lost answer. */
let looked = { body: new ArrayBuffer(0), type: '' };
let key = newKey();

/** What the files' fields are called; what is no field of a notice is of the file. @param {string} field */
function nameOf(field) {
  switch (field.replace(/[[.].*$/, '')) {
    case 'title':
      return say('제목', 'Title');
    case 'body':
      return say('내용', 'Text');
    case 'titleEn':
      return say('영어 제목', 'English title');
    case 'bodyEn':
      return say('영어 내용', 'English text');
    case 'date':
      return say('날짜', 'Date');
    case 'tags':
      return say('태그', 'Tags');
    case 'unit':
      return say('단위', 'Unit');
    case 'source':
      return say('주소', 'Source');
    default:
      return say('파일', 'File');
  }
}

/** @param {{file: string, line?: number}} at */
function place(at) {
  return at.line ? say(`${at.file} ${at.line}번째 줄`, `${at.file}, line ${at.line}`) : at.file;
}

/** @param {Found} n */
function row(n) {
  const what = n.wrong ? say('고쳐야 함', 'To be mended') : n.there ? say('이미 있음', 'There already') : say('새로 옮김', 'New');
  return element('tr', {},
    element('td', {}, n.publishAt ? spoken(n.publishAt, language) : ''),
    element('td', { class: 'said' }, element('strong', { lang: 'ko' }, n.title), n.titleEn ? element('p', { class: 'hint', lang: 'en' }, n.titleEn) : '', element('p', { class: 'hint', lang: 'ko' }, n.excerpt)),
    element('td', {}, n.unit),
    element('td', {}, n.tags.map((tag) => `#${tag}`).join(' ')),
    element('td', {}, place(n)),
    element('td', {}, what));
}

/** @param {{notices: Found[], wrong: Wrong[], passed: string[], new: number, there: number}} answer */
function show(answer) {
  found.hidden = false;
  need('#found-heading').textContent = answer.wrong.length > 0
    ? say(`고칠 곳이 ${answer.wrong.length}군데 있습니다`, answer.wrong.length === 1 ? 'There is 1 thing to mend' : `There are ${answer.wrong.length} things to mend`)
    : say(`새로 옮길 공지 ${answer.new}개, 이미 있는 공지 ${answer.there}개`, `${answer.new} to import, ${answer.there} there already`);
  need('#wrong').replaceChildren(...(answer.wrong.length === 0 ? [] : [element('div', { class: 'notice-box wrong' },
    element('p', {}, say('모두 고친 뒤 다시 고르세요. 하나라도 남아 있으면 아무것도 옮기지 않습니다.', 'Mend all of them and choose the files again: as long as one is left, nothing is imported.')),
    element('ul', {}, ...answer.wrong.map((w) => element('li', {}, element('strong', {}, place(w)), ` ${nameOf(w.field)}: ${w.message}`))))]));
  need('#passed').hidden = answer.passed.length === 0;
  need('#passed').textContent = say('읽지 않고 지나친 파일과 열: ', 'Files and columns that were passed over: ') + answer.passed.join(', ');
  need('#found tbody').replaceChildren(...answer.notices.map(row));
  bring.hidden = answer.wrong.length > 0 || answer.new === 0;
  found.focus();
}

/** @param {unknown} error */
function refuse(error) {
  found.hidden = true;
  showWrong(form, error);
}

form.addEventListener('submit', (event) => {
  event.preventDefault();
  clearWrong(form);
  key = newKey();
  void busy(need('#preview'), async () => {
    const made = new Response(new FormData(form)); // a Blob would say its type, and so the boundary, in lower case
    looked = { type: made.headers.get('Content-Type') ?? '', body: await made.arrayBuffer() };
    show((await api.send('POST', '/v1/admin/notices/imports/preview', looked)).body);
  }).catch(refuse);
});
for (const box of [chosen, need('#field-unit')]) {
  box.addEventListener('change', () => {
    found.hidden = true; // it was of other files
  });
}
bring.addEventListener('click', () => {
  if (bring.getAttribute('aria-disabled') === 'true') {
    return;
  }
  void busy(bring, async () => {
    const { body } = await api.send('POST', '/v1/admin/notices/imports', { ...looked, key });
    bring.hidden = true;
    need('#found-heading').textContent = say(`공지 ${body.made.length}개를 옮겨 왔습니다. 이미 있던 공지는 ${body.there}개입니다.`, `Imported ${body.made.length}; ${body.there} were there already.`);
    need('#found tbody').replaceChildren(...body.made.map((/** @type {{id: string, title: string, unit: string, publishAt: string}} */ n) => element('tr', {},
      element('td', {}, spoken(n.publishAt, language)), element('td', { class: 'said' }, element('a', { href: page.notices + n.id, lang: 'ko' }, n.title)), element('td', {}, n.unit),
      element('td', {}), element('td', {}), element('td', {}, say('옮김', 'Imported')))));
    announce(say('공지를 옮겨 왔습니다.', 'The notices were imported.'), 'good');
    found.focus();
  }).catch(refuse);
});
