import { Api, Problem, newKey } from './api.js';
import { ask, confirmed } from './dialog.js';
import { element, need, told } from './dom.js';
import { busy, clearWrong, showWrong, valuesOf } from './form.js';
import { say } from './language.js';
import { Ledger } from './ledger.js';
import { pick } from './picker.js';
import { fromInput } from './seoul.js';
import { announceNext } from './status.js';
import { Tray, dropZone } from './tray.js';
import { variantsOf } from './variants.js';

const form = /** @type {HTMLFormElement} */ (need('#banner'));
/** @type {{member: string, purposes: import('./refusal.js').Purpose[], id: string, version: number, next: string}} */
const page = told(form);
const api = new Api();
const image = /** @type {HTMLInputElement} */ (need('#field-image'));

/** @param {import('./transfer.js').Upload} file */
function show(file) {
  image.value = file.id;
  const largest = file.variants[file.variants.length - 1];
  need('#picture').replaceChildren(
    largest
      ? element('img', { src: largest.url, width: largest.width, height: largest.height, alt: file.name })
      : element('p', { class: 'hint' }, say(`${file.name}: 그림은 곧 만들어집니다.`, `${file.name}: the picture is being made.`)),
  );
}

/** @param {import('./transfer.js').Upload} file */
async function arrived(file) {
  show(file);
  const drawn = await variantsOf(api, file, () => image.value === file.id);
  if (drawn) {
    show(drawn);
  }
}

const tray = new Tray(need('#transfers'), { api, ledger: new Ledger(page.member), purposes: () => page.purposes, arrived: (file) => void arrived(file) });
dropZone(document.body, /** @type {HTMLInputElement} */ (need('#files')), (files) => tray.add(files.slice(0, 1)));

need('#pick').addEventListener('click', async () => {
  const [file] = await pick(api, { kind: 'image', many: false });
  if (file) {
    show(file);
  }
});

let key = newKey();
let { version } = page;

async function save() {
  clearWrong(form);
  const body = valuesOf(form, fromInput);
  try {
    await (page.id === '' ? api.send('POST', '/v1/banners', { body, key }) : api.send('PUT', `/v1/banners/${page.id}`, { body, version }));
    announceNext(say('배너를 저장했습니다.', 'The banner is saved.'));
    location.assign(page.next);
  } catch (error) {
    key = newKey();
    if (!(error instanceof Problem) || error.status !== 412) {
      showWrong(form, error);
      return;
    }
    const choice = await ask(
      say('그사이 다른 사람이 이 배너를 고쳤습니다', 'Somebody else has edited this banner meanwhile'),
      say('저장하면 그 사람이 고친 것은 사라집니다.', 'Saving replaces what they changed.'),
      [
        { value: 'mine', label: say('내 것으로 저장', 'Save mine'), kind: 'primary' },
        { value: 'theirs', label: say('저장된 배너 보기', 'Show what is stored') },
      ],
    );
    if (choice === 'mine') {
      const { body: all } = await api.send('GET', '/v1/admin/banners');
      version = all.items.find((/** @type {{id: string}} */ one) => one.id === page.id)?.version ?? version;
      await save();
    } else if (choice === 'theirs') {
      location.reload();
    }
  }
}

form.addEventListener('submit', (event) => {
  event.preventDefault();
  void busy(need('#save'), save).catch((error) => showWrong(form, error));
});

document.querySelector('#delete')?.addEventListener('click', async () => {
  if (await confirmed(say('이 배너와 누른 횟수를 지울까요? 되돌릴 수 없습니다.', 'Delete this banner and its counts? This cannot be undone.'), say('지우기', 'Delete'))) {
    try {
      await api.send('DELETE', `/v1/banners/${page.id}`, { version });
      announceNext(say('배너를 지웠습니다.', 'The banner was deleted.'));
      location.assign(page.next);
    } catch (error) {
      showWrong(form, error);
    }
  }
});
