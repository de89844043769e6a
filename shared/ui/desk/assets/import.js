import { element, need, told } from './dom.js';
import { imports } from './importing.js';
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

imports({
  form,
  path: '/v1/admin/notices/imports',
  fields: ['file', 'unit'],
  look: (/** @type {{notices: Found[], wrong: Wrong[], passed: string[], new: number, there: number}} */ answer) => ({
    summary: say(`새로 옮길 공지 ${answer.new}개, 이미 있는 공지 ${answer.there}개`, `${answer.new} to import, ${answer.there} there already`),
    mend: say('모두 고친 뒤 다시 고르세요. 하나라도 남아 있으면 아무것도 옮기지 않습니다.', 'Mend all of them and choose the files again: as long as one is left, nothing is imported.'),
    wrong: answer.wrong.map((w) => [element('strong', {}, place(w)), ` ${nameOf(w.field)}: ${w.message}`]),
    passed: say('읽지 않고 지나친 파일과 열: ', 'Files and columns that were passed over: '),
    rows: answer.notices.map(row),
    nothing: answer.new === 0,
  }),
  brought: (/** @type {{made: {id: string, title: string, unit: string, publishAt: string}[], there: number}} */ body) => {
    need('#bring').hidden = true;
    need('#found-heading').textContent = say(`공지 ${body.made.length}개를 옮겨 왔습니다. 이미 있던 공지는 ${body.there}개입니다.`, `Imported ${body.made.length}; ${body.there} were there already.`);
    need('#found tbody').replaceChildren(...body.made.map((n) => element('tr', {},
      element('td', {}, spoken(n.publishAt, language)), element('td', { class: 'said' }, element('a', { href: page.notices + n.id, lang: 'ko' }, n.title)), element('td', {}, n.unit),
      element('td', {}), element('td', {}), element('td', {}, say('옮김', 'Imported')))));
    announce(say('공지를 옮겨 왔습니다.', 'The notices were imported.'), 'good');
    need('#found').focus();
  },
});
