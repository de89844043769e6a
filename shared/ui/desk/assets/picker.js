import { thumbnailOf } from './attachments.js';
import { ask } from './dialog.js';
import { element } from './dom.js';
import { say, sizeOf } from './language.js';

/** @typedef {import('./transfer.js').Upload} Upload */

/**
 * Lets files be chosen that were uploaded before.
 * @param {import('./api.js').Api} api
 * @param {{kind?: 'image', many: boolean}} what
 * @returns {Promise<Upload[]>}
 */
export async function pick(api, what) {
  /** @type {Map<string, Upload>} */
  const chosen = new Map();
  const list = element('ul', { class: 'picks' });
  const more = element('button', { type: 'button', class: 'button small quiet', hidden: true, click: () => void load(next) }, say('더 보기', 'More'));
  const said = element('p', { class: 'hint', role: 'status' });
  let next = '';
  let asked = 0;

  /** @param {string} cursor */
  const load = async (cursor) => {
    const turn = ++asked;
    const query = new URLSearchParams({ all: 'true', size: '24', q: search.value.trim(), kind: what.kind ?? '', cursor });
    try {
      const { body } = await api.send('GET', `/v1/uploads?${query}`);
      if (turn !== asked) {
        return; // something else was searched for meanwhile
      }
      const found = body.items.filter((/** @type {Upload} */ one) => one.state === 'complete');
      const rows = found.map((/** @type {Upload} */ one) => row(one));
      cursor === '' ? list.replaceChildren(...rows) : list.append(...rows);
      next = body.nextCursor ?? '';
      more.hidden = next === '';
      said.textContent = list.children.length === 0 ? say('조건에 맞는 파일이 없습니다.', 'No files were found.') : '';
    } catch (error) {
      said.textContent = error instanceof Error ? error.message : String(error);
    }
  };

  /** @param {Upload} file */
  const row = (file) => {
    const box = element('input', {
      type: what.many ? 'checkbox' : 'radio',
      name: 'pick',
      change: () => {
        if (!what.many) {
          chosen.clear();
        }
        box.checked ? chosen.set(file.id, file) : chosen.delete(file.id);
      },
    });
    box.checked = chosen.has(file.id);
    return element('li', {}, element('label', { class: 'pick' }, box, thumbnailOf(file), element('span', {}, file.name, element('span', { class: 'meta' }, ` ${sizeOf(file.size)}`))));
  };

  let typing = 0;
  const search = element('input', {
    type: 'search',
    'aria-label': say('파일 이름으로 찾기', 'Find by file name'),
    placeholder: say('파일 이름', 'File name'),
    input: () => {
      clearTimeout(typing);
      typing = window.setTimeout(() => void load(''), 250);
    },
    keydown: (/** @type {KeyboardEvent} */ event) => event.key === 'Enter' && event.preventDefault(),
  });
  void load('');
  const answer = await ask(
    what.kind === 'image' ? say('올린 이미지에서 고르기', 'Choose an uploaded picture') : say('올린 파일에서 고르기', 'Choose uploaded files'),
    element('div', { class: 'picker' }, search, said, list, more),
    [{ value: 'pick', label: say('고르기', 'Choose'), kind: 'primary' }],
    true,
  );
  return answer === 'pick' ? [...chosen.values()] : [];
}
