import { Api } from './api.js';
import { Attachments } from './attachments.js';
import { need, told } from './dom.js';
import { busy, clearWrong, showWrong } from './form.js';
import { say } from './language.js';
import { Ledger } from './ledger.js';
import { announceNext } from './status.js';
import { Tray, dropZone } from './tray.js';

// The files of a version of the rules, and the meeting that decided it.

const form = /** @type {HTMLFormElement} */ (need('#papers'));
/** @type {{member: string, purposes: import('./refusal.js').Purpose[], path: string, version: number, files: import('./transfer.js').Upload[]}} */
const page = told(form);
const api = new Api();

const files = new Attachments(need('#attachments'), api, () => {});
files.set(page.files);
const tray = new Tray(need('#transfers'), { api, ledger: new Ledger(page.member), purposes: () => page.purposes, arrived: (file, turn) => files.add(file, turn) });
const input = /** @type {HTMLInputElement} */ (need('#files'));
tray.offer(input);
dropZone(document.body, input, (list) => void tray.add(list));

async function save() {
  clearWrong(form);
  if (tray.pending > 0) {
    throw new Error(say('아직 올라가는 파일이 있습니다. 다 올라간 뒤 저장하세요.', 'Some files are not there yet. Save when they are.'));
  }
  const meeting = /** @type {HTMLSelectElement} */ (need('#field-meeting')).value;
  await api.send('PUT', page.path, { body: { files: files.files.map((file) => file.id), meeting: meeting || undefined }, version: page.version });
  announceNext(say('파일과 회의록을 저장했습니다.', 'The files and the meeting are saved.'));
  location.reload();
}

form.addEventListener('submit', (event) => {
  event.preventDefault();
  void busy(need('#keep'), save).catch((error) => showWrong(form, error));
});
