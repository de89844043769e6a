import { Api, newKey } from './api.js';
import { Attachments } from './attachments.js';
import { element, need, told } from './dom.js';
import { busy, clearWrong, showWrong, valuesOf } from './form.js';
import { say } from './language.js';
import { Ledger } from './ledger.js';
import { fromInput } from './seoul.js';
import { announceNext } from './status.js';
import { Tray, dropZone } from './tray.js';

/**
 * A settlement as the server read it.
 * @typedef {{item: string, budget: number, spent: number, left: number, total: boolean, permille?: number}} Line
 * @typedef {{lines: Line[], wrong: {field: string, message: string}[]}} Weighed
 */

const form = /** @type {HTMLFormElement} */ (need('#archive'));
/** @type {{member: string, purposes: import('./refusal.js').Purpose[], id: string, version: number, files: import('./transfer.js').Upload[], next: string}} */
const page = told(form);
const api = new Api();

const attachments = new Attachments(need('#attachments'), api, () => {});
attachments.set(page.files);
const tray = new Tray(need('#transfers'), { api, ledger: new Ledger(page.member), purposes: () => page.purposes, arrived: (file, turn) => attachments.add(file, turn) });
const input = /** @type {HTMLInputElement} */ (need('#files'));
tray.offer(input);
dropZone(document.body, input, (files) => void tray.add(files));

const table = /** @type {HTMLTextAreaElement} */ (need('#field-table'));
const checked = need('#checked');

/** @param {number} n */
const won = (n) => n.toLocaleString('ko-KR');

/** @param {Weighed} answer */
function show(answer) {
  const row = (/** @type {Line} */ line) =>
    element('tr', {}, element('th', { scope: 'row', lang: 'ko' }, line.item),
      ...[line.budget, line.spent, line.left].map((n) => element('td', { class: 'number' }, won(n))),
      element('td', { class: 'number' }, line.permille === undefined ? '–' : `${(line.permille / 10).toFixed(1)}%`));
  const head = [say('항목', 'Item'), say('예산', 'Budget'), say('집행', 'Spent'), say('잔액', 'Left'), say('집행률', 'Share')];
  checked.replaceChildren(
    answer.wrong.length === 0
      ? element('p', {}, say('합이 맞습니다.', 'The sums fit.'))
      : element('div', { class: 'notice-box wrong' }, element('p', {}, say('합이 맞지 않습니다.', 'The totals don’t add up.')), element('ul', {}, ...answer.wrong.map((w) => element('li', {}, w.message)))),
    element('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': say('표 미리보기', 'Preview of the table') },
      element('table', { class: 'table' }, element('thead', {}, element('tr', {}, ...head.map((text, i) => element('th', { scope: 'col', class: i > 0 ? 'number' : '' }, text)))), element('tbody', {}, ...answer.lines.map(row)))),
  );
}

async function check() {
  clearWrong(form);
  checked.replaceChildren();
  if (table.value.trim() === '') {
    return;
  }
  show((await api.send('POST', '/v1/admin/archives/table', { body: { table: table.value }, tries: 1 })).body);
}

need('#check').addEventListener('click', () => void busy(need('#check'), check).catch((error) => showWrong(form, error)));

/**
 * What spreadsheets in Korea save: UTF-8, or CP949, which browsers call euc-kr.
 * @param {ArrayBuffer} bytes
 */
function decoded(bytes) {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder('euc-kr').decode(bytes);
  }
}

const csv = /** @type {HTMLInputElement} */ (need('#csv'));
csv.addEventListener('change', async () => {
  const [file] = csv.files ?? [];
  if (file) {
    table.value = decoded(await file.arrayBuffer());
    csv.value = '';
    await check().catch((error) => showWrong(form, error));
  }
});

let key = newKey();

async function save() {
  clearWrong(form);
  if (tray.pending > 0) {
    throw new Error(say('아직 올라가는 파일이 있습니다. 다 올라간 뒤 저장하세요.', 'Some files are not there yet. Save when they are.'));
  }
  const body = { ...valuesOf(form, fromInput), files: attachments.files.map((file) => file.id) };
  try {
    await (page.id === '' ? api.send('POST', '/v1/archives', { body, key }) : api.send('PUT', `/v1/archives/${page.id}`, { body, version: page.version }));
    announceNext(say('자료를 저장했습니다.', 'The archive is saved.'));
    location.assign(page.next);
  } catch (error) {
    key = newKey(); // what was refused is another attempt next time
    throw error;
  }
}

form.addEventListener('submit', (event) => {
  event.preventDefault();
  void busy(need('#save'), save).catch((error) => showWrong(form, error));
});
