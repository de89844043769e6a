import { Api, newKey } from './api.js';
import { confirmed } from './dialog.js';
import { need, told } from './dom.js';
import { busy, clearWrong, showWrong, valuesOf } from './form.js';
import { say } from './language.js';
import { fromInput } from './seoul.js';
import { announceNext } from './status.js';

const form = /** @type {HTMLFormElement} */ (need('#calendar'));
/** @type {{id: string, version: number, next: string}} */
const page = told(form);
const api = new Api();
let key = newKey();

/** @param {string} name */
const box = (name) => /** @type {HTMLInputElement | null} */ (form.querySelector(`#field-${name}`));

/** Days or times, as it is all day or not. */
function shown() {
  const allDay = box('allDay')?.checked ?? false;
  need('#days').hidden = !allDay;
  need('#times').hidden = allDay;
}

/** What the boxes say, as the API takes an event. */
function event() {
  const { firstDay, lastDay, every, until, ...values } = /** @type {Record<string, any>} */ (valuesOf(form, fromInput));
  const starts = values.allDay ? firstDay : fromInput(values.starts);
  const ends = values.allDay ? lastDay : fromInput(values.ends);
  return { ...values, starts: starts ?? '', ends: ends || undefined, repeat: every ? { every, until } : undefined };
}

/** The month of an event, where one comes back to. @param {string} starts */
function goesOn(starts) {
  location.assign(`${page.next}?month=${encodeURIComponent(starts.slice(0, 7))}`);
}

async function save() {
  clearWrong(form);
  const body = event();
  try {
    const { body: saved } = await (page.id === '' ? api.send('POST', '/v1/calendar', { body, key }) : api.send('PUT', `/v1/calendar/${page.id}`, { body, version: page.version }));
    announceNext(saved.count > 1 ? say(`일정 ${saved.count}개를 저장했습니다.`, `${saved.count} events are saved.`) : say('일정을 저장했습니다.', 'The event is saved.'));
    goesOn(saved.starts);
  } catch (error) {
    key = newKey(); // what was refused is another attempt next time
    throw error;
  }
}

/** @param {unknown} error */
function refuse(error) {
  showWrong(form, error);
}

shown();
box('allDay')?.addEventListener('change', shown);
form.addEventListener('submit', (submitted) => {
  submitted.preventDefault();
  void busy(need('#save'), save).catch(refuse);
});

const remove = document.querySelector('#delete');
if (remove instanceof HTMLElement) {
  remove.addEventListener('click', async () => {
    if (!(await confirmed(remove.dataset.confirm ?? '', remove.textContent ?? ''))) {
      return;
    }
    void busy(remove, async () => {
      await api.send('DELETE', `/v1/calendar/${page.id}?reach=${box('reach')?.value ?? 'one'}`, { version: page.version });
      announceNext(say('일정을 지웠습니다. 관리자가 30일 안에 되살릴 수 있습니다.', 'Deleted. An admin can restore it for 30 days.'));
      goesOn(event().starts);
    }).catch(refuse);
  });
}
