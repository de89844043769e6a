import { element } from './dom.js';
import { say } from './language.js';

/**
 * Asks, in a dialog that keeps the focus, and answers which button was chosen; '' for none
 * (Escape, or going back).
 * @param {string} title
 * @param {Node | string} content
 * @param {{value: string, label: string, kind?: 'primary' | 'danger' | ''}[]} choices
 * @param {boolean} [wide]
 * @returns {Promise<string>}
 */
export function ask(title, content, choices, wide = false) {
  const buttons = choices.map(({ value, label, kind }) => element('button', { type: 'submit', value, class: kind === 'primary' ? 'button' : `button ${kind || 'quiet'}` }, label));
  buttons.push(element('button', { type: 'submit', value: '', class: 'button quiet' }, say('취소', 'Cancel')));
  const heading = element('h2', { id: 'dialog-title' }, title);
  const dialog = element(
    'dialog',
    { 'aria-labelledby': 'dialog-title', class: wide ? 'wide' : '' },
    element('form', { method: 'dialog' }, heading, element('div', { class: 'dialog-body' }, content), element('div', { class: 'actions' }, ...buttons)),
  );
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => {
      dialog.remove();
      resolve(dialog.returnValue);
    });
  });
}

/**
 * Asks whether something that cannot be taken back shall be done.
 * @param {string} question
 * @param {string} label what the button says
 */
export async function confirmed(question, label) {
  return (await ask(question, '', [{ value: 'yes', label, kind: 'danger' }])) === 'yes';
}
