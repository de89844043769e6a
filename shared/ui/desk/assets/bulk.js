import { Api, Problem } from './api.js';
import { changedBy, planned } from './changes.js';
import { ask } from './dialog.js';
import { element, need, told } from './dom.js';
import { busy } from './form.js';
import { say } from './language.js';
import { serverNow } from './skew.js';
import { announce, announceNext } from './status.js';

// Several notices of the list at once: taken down, tagged, unpinned. Each is read and written through the API by itself, so that
// rights, versions and the log are those of whoever edits one.

const bar = /** @type {HTMLElement | null} */ (document.querySelector('#bulk'));
const boxes = /** @type {NodeListOf<HTMLInputElement>} */ (document.querySelectorAll('.choose'));

/** @param {HTMLElement} bar */
function offer(bar) {
  const api = new Api();
  /** @type {{now: string, mostTag: number}} */
  const { now, mostTag } = told(bar);
  const all = /** @type {HTMLInputElement} */ (need('#all'));
  const buttons = /** @type {NodeListOf<HTMLButtonElement>} */ (bar.querySelectorAll('[data-bulk]'));

  const chosen = () => [...boxes].filter((one) => one.checked);

  function count() {
    const n = chosen().length;
    need('#chosen').textContent = n === 0 ? say('고른 공지가 없습니다.', 'None is chosen.') : say(`${n}건을 골랐습니다.`, `${n} chosen.`);
    all.checked = n === boxes.length;
    all.indeterminate = n > 0 && n < boxes.length;
    for (const button of buttons) {
      button.disabled = n === 0;
    }
  }

  /** @param {'withdraw' | 'tag' | 'unpin'} does */
  async function act(does) {
    const picked = chosen();
    /** @type {import('./changes.js').Stored[]} */
    const notices = [];
    for (const one of picked) {
      const { body } = await api.send('GET', `/v1/notices/${one.value}`);
      if (typeof body.body !== 'string') {
        throw new Error(say('고칠 수 없는 공지가 있습니다.', 'One of them is not yours to edit.')); // what is not known would be emptied
      }
      notices.push(body);
    }
    const tag = element('input', { type: 'text', id: 'bulk-tag', maxlength: mostTag, autofocus: true });
    const will = element('ul', { class: 'bullets' });
    const plan = () => planned(does, notices, tag.value.trim(), serverNow(now));
    will.append(...plan().said.map((line) => element('li', {}, line)));
    const label = { withdraw: say('내리기', 'Take down'), tag: say('태그 추가', 'Add the tag'), unpin: say('고정 해제', 'Unpin') }[does];
    if (does !== 'tag' && plan().changes.length === 0) {
      announce(plan().said.join(' '));
      return;
    }
    const content = element('div', {}, ...(does === 'tag' ? [element('div', { class: 'field' }, element('label', { for: 'bulk-tag' }, say('추가할 태그', 'Tag to add')), tag)] : []), will);
    if ((await ask(say(`공지 ${notices.length}건: ${label}`, `${label}: ${notices.length} notices`), content, [{ value: 'yes', label, kind: does === 'withdraw' ? 'danger' : 'primary' }])) !== 'yes') {
      return;
    }
    const { changes, refused } = plan();
    if (refused) {
      announce(refused, 'bad');
      return;
    }
    const failed = [];
    for (const notice of changes) {
      try {
        await api.send('PUT', `/v1/notices/${notice.id}`, { body: changedBy(does, notice, tag.value.trim(), serverNow(now)), version: notice.version });
      } catch (error) {
        const why = error instanceof Problem && error.status === 412 ? say('그사이 내용이 바뀌었습니다.', 'It has changed meanwhile.') : error instanceof Error ? error.message : String(error);
        failed.push(element('li', {}, `${notice.title}: ${why}`));
      }
    }
    const done = changes.length - failed.length;
    if (failed.length > 0) {
      await ask(say(`${done}건은 했고 ${failed.length}건은 하지 못했습니다`, `${done} done, ${failed.length} not`), element('ul', { class: 'bullets' }, ...failed), []);
    }
    announceNext(say(`${done}건을 바꾸었습니다. 하나하나 기록에 남았습니다.`, `${done} changed; each is in the log.`));
    location.reload();
  }

  bar.hidden = false;
  for (const box of boxes) {
    box.hidden = false;
    box.addEventListener('change', count);
  }
  all.addEventListener('change', () => {
    for (const box of boxes) {
      box.checked = all.checked;
    }
    count();
  });
  for (const button of buttons) {
    button.addEventListener('click', () => {
      const does = /** @type {'withdraw' | 'tag' | 'unpin'} */ (button.dataset.bulk);
      void busy(button, () => act(does)).catch((error) => announce(error instanceof Error ? error.message : String(error), 'bad'));
    });
  }
  count();
}

if (bar && boxes.length > 0) {
  offer(bar);
}
