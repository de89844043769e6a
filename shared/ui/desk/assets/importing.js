import { Api, newKey } from './api.js';
import { element, need } from './dom.js';
import { busy, clearWrong, showWrong } from './form.js';
import { say } from './language.js';

/**
 * What an answer of looking at files is told by: a summary where nothing is wrong, else what to do and what is wrong; what
 * was passed over; a row for each that was found; whether nothing is left to import.
 * @typedef {object} Look
 * @property {string} summary
 * @property {string} mend
 * @property {(string | Node)[][]} wrong
 * @property {string} passed
 * @property {Element[]} rows
 * @property {boolean} nothing
 */

/**
 * A form whose files are looked at first. Then the same bytes are imported, and tried again under one key after a lost answer.
 * @param {object} of
 * @param {HTMLFormElement} of.form
 * @param {string} of.path that imports; that looks is path + '/preview'
 * @param {string[]} of.fields what was found is of their values
 * @param {(answer: any) => Look} of.look
 * @param {(answer: any) => void} of.brought
 */
export function imports({ form, path, fields, look, brought }) {
  const api = new Api();
  const found = need('#found');
  const bring = need('#bring');
  let looked = { body: new ArrayBuffer(0), type: '' };
  let key = newKey();

  /** @param {{passed: string[]}} answer */
  function show(answer) {
    const { summary, mend, wrong, passed, rows, nothing } = look(answer);
    found.hidden = false;
    need('#found-heading').textContent = wrong.length > 0
      ? say(`고칠 곳이 ${wrong.length}군데 있습니다`, wrong.length === 1 ? 'There is 1 thing to mend' : `There are ${wrong.length} things to mend`)
      : summary;
    need('#wrong').replaceChildren(...(wrong.length === 0 ? [] : [element('div', { class: 'notice-box wrong' },
      element('p', {}, mend), element('ul', {}, ...wrong.map((w) => element('li', {}, ...w))))]));
    need('#passed').hidden = answer.passed.length === 0;
    need('#passed').textContent = passed + answer.passed.join(', ');
    need('#found tbody').replaceChildren(...rows);
    bring.hidden = wrong.length > 0 || nothing;
    found.focus();
  }

  /** @param {unknown} error */
  function refuse(error) {
    found.hidden = true;
    showWrong(form, error);
  }

  form.addEventListener('submit', (event) => {
    event.preventDefault();
    clearWrong(form);
    key = newKey();
    void busy(need('#preview'), async () => {
      const made = new Response(new FormData(form)); // a Blob would say its type, and so the boundary, in lower case
      looked = { type: made.headers.get('Content-Type') ?? '', body: await made.arrayBuffer() };
      show((await api.send('POST', `${path}/preview`, looked)).body);
    }).catch(refuse);
  });
  for (const name of fields) {
    need(`#field-${name}`).addEventListener('change', () => {
      found.hidden = true; // it was of others
    });
  }
  bring.addEventListener('click', () => {
    if (bring.getAttribute('aria-disabled') === 'true') {
      return;
    }
    void busy(bring, async () => brought((await api.send('POST', path, { ...looked, key })).body)).catch(refuse);
  });
}
