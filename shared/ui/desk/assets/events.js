import { element, need, told } from './dom.js';
import { imports } from './importing.js';
import { say } from './language.js';
import { spoken } from './seoul.js';
import { announceNext } from './status.js';

/**
 * An event as it would be imported, and something that is wrong with the file.
 * @typedef {{line?: number, deed: string, title: string, category: string, place?: string, allDay: boolean, starts: string, ends?: string, cancelled?: boolean, wrong?: boolean}} Found
 * @typedef {{line: number, field: string, code: string, message: string}} Wrong
 * @typedef {{new: number, changed: number, same: number, deleted: number, removed: number, another: number}} Counts
 */

const form = /** @type {HTMLFormElement} */ (need('#events'));
/** @type {{next: string}} */
const page = told(form);
const language = document.documentElement.lang;

/** @param {string} deed */
function deedOf(deed) {
  switch (deed) {
    case 'new':
      return say('새로 가져옴', 'New');
    case 'changed':
      return say('고침', 'Changed');
    case 'deleted':
      return say('지운 채로 둠', 'Stays deleted');
    case 'another':
      return say('다른 단위의 일정으로 둠', 'Stays with another unit');
    case 'removed':
      return say('파일에 없어 지움', 'Deleted: the file has it no more');
    default:
      return say('그대로', 'Unchanged');
  }
}

/** @param {Found} e */
function when(e) {
  if (e.allDay) {
    return e.ends && e.ends !== e.starts ? `${e.starts} – ${e.ends}` : e.starts;
  }
  return spoken(e.starts, language);
}

/** @param {Found} e */
function row(e) {
  return element('tr', {},
    element('td', {}, when(e)),
    element('td', { class: 'said' }, element('strong', { lang: 'ko' }, e.title), e.place ? element('p', { class: 'hint', lang: 'ko' }, e.place) : ''),
    element('td', { lang: 'ko' }, e.category),
    element('td', {}, e.line ? String(e.line) : ''),
    element('td', {}, e.wrong ? say('고쳐야 함', 'To be mended') : deedOf(e.deed), e.cancelled ? say(' · 취소됨', ', cancelled') : ''));
}

/** @param {Counts} n */
function summary(n) {
  const parts = [
    say(`새로 ${n.new}개`, `${n.new} new`), say(`고칠 것 ${n.changed}개`, `${n.changed} changed`), say(`그대로 ${n.same}개`, `${n.same} unchanged`),
  ];
  if (n.removed > 0) {
    parts.push(say(`지울 것 ${n.removed}개`, `${n.removed} deleted`));
  }
  if (n.another > 0) {
    parts.push(say(`다른 단위의 일정이라 둘 것 ${n.another}개`, `${n.another} of another unit`));
  }
  return parts.join(', ');
}

imports({
  form,
  path: '/v1/admin/calendar/imports',
  fields: ['file', 'unit', 'category'],
  look: (/** @type {Counts & {events: Found[], wrong: Wrong[], passed: string[]}} */ answer) => ({
    summary: summary(answer),
    mend: say('모두 고친 뒤 다시 고르세요. 하나라도 남아 있으면 아무것도 가져오지 않습니다.', 'Mend all of them and choose the file again: as long as one is left, nothing is imported.'),
    wrong: answer.wrong.map((w) => [element('strong', {}, say(`${w.line}번째 줄`, `Line ${w.line}`)), ` ${w.message}`]),
    passed: say('읽지 않고 지나친 것: ', 'Passed over: '),
    rows: answer.events.map(row),
    nothing: answer.new + answer.changed + answer.removed === 0,
  }),
  brought: (/** @type {Counts} */ body) => {
    announceNext(say('일정을 가져왔습니다: ', 'Imported: ') + summary(body));
    location.assign(page.next);
  },
});
