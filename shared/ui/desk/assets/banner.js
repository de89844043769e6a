import { Api, Problem, newKey } from './api.js';
import { ask, confirmed } from './dialog.js';
import { element, need, told } from './dom.js';
import { busy, clearWrong, clearWrongOf, showWrong, valuesOf } from './form.js';
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

const across = /** @type {HTMLInputElement} */ (need('#field-focus\\.x'));
const down = /** @type {HTMLInputElement} */ (need('#field-focus\\.y'));
const mark = element('span', { class: 'focus-mark', 'aria-hidden': 'true' });

/** The focus as it is typed, in per cent; what is no number yet is the middle. */
function focus() {
  const percent = (/** @type {HTMLInputElement} */ box) => (box.value === '' ? 50 : Math.max(0, Math.min(100, Math.round(Number(box.value)))));
  return { x: percent(across), y: percent(down) };
}

/** Shows beside the picture what the main page shows of it, and on it the point that stays. */
function crop() {
  const whole = document.querySelector('#picture img');
  need('#crop').hidden = !(whole instanceof HTMLImageElement);
  if (!(whole instanceof HTMLImageElement)) {
    return;
  }
  const { x, y } = focus();
  let shown = document.querySelector('#crop-shown img');
  if (!(shown instanceof HTMLImageElement) || shown.src !== whole.src) {
    shown = element('img', { src: whole.src, alt: '' });
    need('#crop-shown').replaceChildren(shown);
    whole.after(mark);
  }
  /** @type {HTMLImageElement} */ (shown).style.objectPosition = `${x}% ${y}%`;
  mark.style.left = `${x}%`;
  mark.style.top = `${y}%`;
  const cut = Number(whole.getAttribute('width')) * 9 !== Number(whole.getAttribute('height')) * 16;
  need('#crop-says').textContent = cut ? say('메인 페이지에서는 이만큼 보입니다.', 'The main page shows this much.') : say('메인 페이지에서 이미지 전체가 보입니다.', 'The main page shows all of it.');
}

need('#picture').addEventListener('click', (event) => {
  const whole = document.querySelector('#picture img');
  if (whole) {
    const box = whole.getBoundingClientRect();
    const percent = (/** @type {number} */ part) => String(Math.max(0, Math.min(100, Math.round(part * 100))));
    across.value = percent((event.clientX - box.left) / box.width);
    down.value = percent((event.clientY - box.top) / box.height);
    crop();
  }
});
for (const box of [across, down]) {
  box.addEventListener('input', crop);
}

/** @param {import('./transfer.js').Upload} file */
function show(file) {
  if (image.value !== file.id) {
    across.value = down.value = '50';
  }
  image.value = file.id;
  clearWrongOf(image);
  const largest = file.variants[file.variants.length - 1];
  need('#picture').replaceChildren(
    largest
      ? element('img', { src: largest.url, width: largest.width, height: largest.height, alt: file.name })
      : element('p', { class: 'hint' }, say(`${file.name}: 이미지는 곧 만들어집니다.`, `${file.name}: the picture is being made.`)),
  );
  crop();
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
const input = /** @type {HTMLInputElement} */ (need('#files'));
tray.offer(input);
dropZone(document.body, input, (files) => void tray.add(files.slice(0, 1)));

need('#pick').addEventListener('click', async () => {
  const [file] = await pick(api, { kind: 'image', many: false });
  if (file) {
    show(file);
  }
});

crop();

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
      say('그사이 이 배너가 바뀌었습니다', 'This banner has changed meanwhile'),
      say('저장하면 그사이 고친 것은 사라집니다.', 'Saving replaces what was changed.'),
      [
        { value: 'mine', label: say('내 것으로 저장', 'Save mine'), kind: 'primary' },
        { value: 'stored', label: say('저장된 배너 보기', 'Show what is stored') },
      ],
    );
    if (choice === 'mine') {
      const { body: all } = await api.send('GET', '/v1/admin/banners');
      version = all.items.find((/** @type {{id: string}} */ one) => one.id === page.id)?.version ?? version;
      await save();
    } else if (choice === 'stored') {
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
