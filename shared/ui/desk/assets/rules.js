import { Api, newKey } from './api.js';
import { element, fill, need, told } from './dom.js';
import { busy, clearWrong, showWrong } from './form.js';
import { say } from './language.js';
import { fromInput } from './seoul.js';
import { announceKept, announceNext } from './status.js';

// The editor of a version of the rules: while it is written, the page shows how it is read.

const api = new Api();
const form = /** @type {HTMLFormElement} */ (need('#rule'));
/** @type {{slug: string, number: number, version: number, base: number}} */
const page = told(form);
const root = document.documentElement.lang === 'en' ? '/en/console' : '/console';
const reading = need('#reading');
let key = newKey();

/** @param {string} name */
function box(name) {
  return /** @type {HTMLInputElement} */ (need(`#field-${name}`));
}

/** The moves that are ticked. */
function moves() {
  return [...reading.querySelectorAll('input[data-from]')].filter((tick) => tick instanceof HTMLInputElement && tick.checked)
    .map((tick) => ({ from: /** @type {HTMLElement} */ (tick).dataset.from ?? '', to: /** @type {HTMLElement} */ (tick).dataset.to ?? '' }));
}

function base() {
  const rebase = document.querySelector('#rebase');
  return rebase instanceof HTMLInputElement && rebase.checked ? Number(rebase.value) : page.base;
}

/** Articles with a day of their own, one a line: 제12조 2026-09-01. */
function overrides() {
  return box('overrides').value.split('\n').map((line) => line.trim()).filter((line) => line !== '').map((line) => {
    const [article = '', effectiveOn = ''] = line.split(/\s+/);
    return { article, effectiveOn };
  });
}

/** @type {AbortController | undefined} */
let asking;
/** @type {ReturnType<typeof setTimeout> | undefined} */
let soon;

async function read() {
  asking?.abort();
  asking = new AbortController();
  const open = reading.querySelector('details')?.open ?? false;
  try {
    const { body } = await api.send('POST', `${root}/rules/${page.slug}/read`, { body: { kind: box('kind').value, base: base(), source: box('source').value, moves: moves() }, signal: asking.signal });
    fill(reading, body);
    const changes = reading.querySelector('details');
    if (changes) {
      changes.open = open;
    }
  } catch (error) {
    if (!(error instanceof DOMException)) {
      reading.replaceChildren(element('p', { class: 'wrong' }, error instanceof Error ? error.message : String(error)));
    }
  }
}

function readSoon() {
  clearTimeout(soon);
  soon = setTimeout(() => void read(), 500);
}

box('source').addEventListener('input', readSoon);
box('kind').addEventListener('change', () => void read());
reading.addEventListener('change', () => void read());
document.querySelector('#rebase')?.addEventListener('change', () => void read());

form.addEventListener('submit', (event) => {
  event.preventDefault();
  clearWrong(form);
  const announced = box('announcedAt');
  const body = {
    base: base(), kind: box('kind').value, amendment: Number(box('amendment').value) || undefined, reason: box('reason').value, decidedOn: box('decidedOn').value || undefined,
    effectiveOn: box('effectiveOn').value || undefined, announcedAt: fromInput(announced.value, announced.dataset.was), source: box('source').value, moves: moves(), overrides: overrides(),
  };
  const at = `/v1/rules/${page.slug}/versions`;
  void busy(need('#save'), async () => {
    const saved = page.number === 0
      ? await api.send('POST', at, { body, key })
      : await api.send('PUT', `${at}/${page.number}`, { body, version: page.version });
    announceNext(say('저장했습니다.', 'Saved.'));
    location.assign(`${root}/rules/${page.slug}/${saved.body.number}`);
  }).catch((error) => {
    key = newKey();
    showWrong(form, error);
  });
});

announceKept();
