import { Api, Problem, newKey } from './api.js';
import { confirmed } from './dialog.js';
import { element, need, told } from './dom.js';
import { busy, clearWrong, showWrong } from './form.js';
import { say } from './language.js';
import { announceNext } from './status.js';

/**
 * What a file would change.
 * @typedef {{students: number, encoding: string, new: number, changed: number, same: number, gone: number, verified: number, newLines: number[], changedLines: number[], state: string}} Comparison
 */

const form = /** @type {HTMLFormElement} */ (need('#roster'));
/** @type {{most: number}} */
const page = told(form);
const api = new Api();
const chosen = /** @type {HTMLInputElement} */ (need('#field-file'));
const found = need('#found');
/** What was compared: the same bytes replace the roster. */
let looked = { body: new ArrayBuffer(0), state: '', students: 0 };

const number = new Intl.NumberFormat(document.documentElement.lang);

/** @param {number} n */
const people = (n) => say(`${number.format(n)}명`, number.format(n));

/** The file's lines as they are written; they do not leave the browser for this. @param {ArrayBuffer} body @param {string} encoding */
function linesOf(body, encoding) {
  const label = { CP949: 'euc-kr', UTF16LE: 'utf-16le', UTF16BE: 'utf-16be' }[encoding.replaceAll('-', '')] ?? 'utf-8';
  return new TextDecoder(label).decode(body).split(/\r?\n/);
}

/** @param {string} title @param {number[]} numbers @param {string[]} lines @param {number} all */
function examples(title, numbers, lines, all) {
  const rest = all - numbers.length;
  return numbers.length === 0
    ? []
    : [element('details', { class: 'fold' }, element('summary', {}, title),
        element('ol', { class: 'bullets' }, ...numbers.map((n) => element('li', { value: n }, lines[n - 1] ?? ''))),
        rest > 0 ? element('p', { class: 'hint' }, say(`그리고 ${people(rest)}`, `and ${people(rest)} more`)) : '')];
}

/** @param {Comparison} c @param {ArrayBuffer} body */
function show(c, body) {
  found.hidden = false;
  need('#found-heading').textContent = c.new + c.changed + c.gone === 0
    ? say('지금 명부와 같습니다', 'It is the same as the roster in force')
    : say(`학생 ${people(c.students)}의 명부로 바뀝니다`, `The roster would have ${people(c.students)} students`);
  const counts = [
    [say('새로 생김', 'New'), c.new], [say('이름이나 이메일이 바뀜', 'Name or address changed'), c.changed], [say('그대로', 'As before'), c.same], [say('빠짐', 'Gone'), c.gone],
  ];
  need('#counts').replaceChildren(...counts.flatMap(([name, n]) => [element('dt', {}, String(name)), element('dd', {}, people(Number(n)))]));
  const gone = need('#gone');
  gone.hidden = c.gone === 0;
  gone.textContent = c.gone * 2 > c.gone + c.same + c.changed
    ? say(`지금 명부의 절반이 넘는 ${people(c.gone)}이 빠집니다. 파일이 전체 명부인지 확인하세요.`, `More than half of the roster in force, ${people(c.gone)}, would be gone. Make sure that the file is the whole roster.`)
    : say(`빠지는 학생은 이 명부로 새로 인증할 수 없습니다. 그 가운데 이미 인증한 ${people(c.verified)}은 인증이 그대로 남습니다.`, `Those who are gone can no longer verify by it. ${people(c.verified)} of them are verified already, and stay so.`);
  const lines = linesOf(body, c.encoding);
  need('#examples').replaceChildren(
    ...examples(say('새 명부에만 있는 학생', 'Students who are only on the new roster'), c.newLines, lines, c.new),
    ...examples(say('이름이나 이메일이 바뀌는 학생', 'Students whose name or address changes'), c.changedLines, lines, c.changed),
    element('p', { class: 'hint' }, say(`글자가 깨져 보이면 파일을 엑셀에서 ‘CSV UTF-8’로 다시 저장해 주세요. 이 파일은 ${c.encoding} 파일로 읽었습니다.`, `If letters look garbled, save the file again as “CSV UTF-8”. It was read as ${c.encoding}.`)),
  );
  need('#apply').hidden = c.new + c.changed + c.gone === 0;
  found.focus();
}

async function compare() {
  clearWrong(form);
  found.hidden = true;
  const file = chosen.files?.[0];
  if (!file) {
    throw new Error(say('파일을 고르세요.', 'Choose a file.'));
  }
  if (file.size > page.most) {
    throw new Error(say(`파일이 ${page.most / 1024 / 1024} MiB를 넘습니다. 학번, 이름, 이메일 열만 남기세요.`, `The file has more than ${page.most / 1024 / 1024} MiB. Keep the columns of number, name and address alone.`));
  }
  const body = await file.arrayBuffer();
  const answer = await api.send('POST', '/v1/admin/roster/comparison', { body, type: 'text/csv', key: newKey() });
  looked = { body, state: answer.body.state, students: answer.body.students };
  show(answer.body, body);
}

/** What is wrong is named by its line. @param {unknown} error */
function wrong(error) {
  showWrong(form, error);
  if (error instanceof Problem && error.fields.length > 0) {
    const above = need('.form-wrong', form);
    above.replaceChildren(element('p', {}, error.message), element('ul', {}, ...error.fields.map((f) => element('li', {}, element('strong', {}, f.field.replace(/^line (\d+)$/, (_, n) => say(`${n}번째 줄`, `Line ${n}`))), ` ${f.message}`))));
  }
}

form.addEventListener('submit', (event) => {
  event.preventDefault();
  void busy(need('#check'), compare).catch(wrong);
});
chosen.addEventListener('change', () => {
  found.hidden = true; // it says what another file would do
});
need('#apply').addEventListener('click', () => {
  void busy(need('#apply'), async () => {
    if (await confirmed(say(`학생 ${people(looked.students)}의 명부로 바꿀까요? 이전 명부는 남지 않습니다.`, `Replace the roster by one of ${people(looked.students)} students? The one before is not kept.`), say('바꾸기', 'Replace'))) {
      await api.send('PUT', `/v1/admin/roster?state=${encodeURIComponent(looked.state)}`, { body: looked.body, type: 'text/csv' });
      announceNext(say('명부를 바꾸었습니다.', 'The roster was replaced.'));
      location.reload();
    }
  }).catch((error) => {
    found.hidden = true;
    wrong(error);
  });
});
