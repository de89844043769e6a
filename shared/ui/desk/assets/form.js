import { Problem } from './api.js';
import { element } from './dom.js';
import { say } from './language.js';
import { announce } from './status.js';

/** What was typed with commas between. @param {string} typed */
export function listed(typed) {
  return typed.split(',').map((one) => one.trim()).filter((one) => one !== '');
}

/**
 * What a form's boxes say, as the API takes it. A box with data-type="time" is a time in
 * Seoul, "list" a list with commas, "number" a number, left out where the box is empty and not required; boxes to tick with
 * "choice" are one list of what is ticked. What is called "values.days" is days in values.
 * @param {HTMLFormElement} form
 * @param {(typed: string, was: string | undefined) => string | undefined} time
 * @returns {Record<string, unknown>}
 */
export function valuesOf(form, time) {
  /** @type {Record<string, unknown>} */
  const values = {};
  for (const box of form.elements) {
    if (!(box instanceof HTMLInputElement || box instanceof HTMLSelectElement || box instanceof HTMLTextAreaElement) || box.name === '' || box.disabled) {
      continue;
    }
    if (box instanceof HTMLInputElement && box.type === 'radio' && !box.checked) {
      continue;
    }
    const [inside, outside] = box.name.split('.').reverse();
    const place = outside ? /** @type {Record<string, unknown>} */ (values[outside] ??= {}) : values;
    const ticked = box instanceof HTMLInputElement && box.type === 'checkbox' ? box.checked : undefined;
    if (box.dataset.type === 'time') {
      place[inside] = time(box.value, box.dataset.was);
    } else if (box.dataset.type === 'list') {
      place[inside] = listed(box.value);
    } else if (box.dataset.type === 'choice') {
      const list = /** @type {string[]} */ (place[inside] ??= []);
      if (ticked) {
        list.push(box.value);
      }
    } else if (box.dataset.type === 'number') {
      place[inside] = box.value !== '' ? Number(box.value) : box.required ? null : undefined;
    } else {
      place[inside] = ticked ?? box.value;
    }
  }
  return values;
}

/** A box as it was before something was wrong with it. @param {Element} box */
function restore(box) {
  box.removeAttribute('aria-invalid');
  const hint = document.getElementById(`${box.id}-hint`);
  hint ? box.setAttribute('aria-describedby', hint.id) : box.removeAttribute('aria-describedby');
}

/** Takes away what showWrong said of one box, which a script has filled in since. @param {HTMLInputElement} box */
export function clearWrongOf(box) {
  const said = document.getElementById(`${box.id}-wrong`);
  if (said) {
    document.querySelectorAll(`[aria-describedby~="${CSS.escape(said.id)}"]`).forEach(restore);
    said.remove();
  }
}

/** Takes away what showWrong put into the form, and nothing that the page has of its own. @param {HTMLFormElement} form */
export function clearWrong(form) {
  form.querySelectorAll('[aria-invalid]').forEach(restore);
  form.querySelectorAll('[data-refused]').forEach((said) => said.remove());
}

/**
 * Shows what is wrong beside the boxes, and takes the focus to the first of them. What
 * belongs to no box is said above the form.
 * @param {HTMLFormElement} form
 * @param {unknown} error
 */
export function showWrong(form, error) {
  clearWrong(form);
  /** @type {HTMLElement | null} */
  let first = null;
  const rest = [];
  for (const { field, message } of error instanceof Problem ? error.fields : []) {
    const named = (/** @type {string} */ name) => form.querySelector(`#field-${CSS.escape(name)}`);
    const box = named(field) ?? named(field.replace(/\[.*$/, '')) ?? named(field.replace(/[[.].*$/, ''));
    if (!(box instanceof HTMLElement)) {
      rest.push(message);
      continue;
    }
    // What a script fills in has a box that nobody sees: its neighbour stands for it.
    const hidden = box instanceof HTMLInputElement && box.type === 'hidden';
    const seen = (hidden && /** @type {HTMLElement | null} */ (box.parentElement?.querySelector('input:not([type=hidden])'))) || box;
    const said = element('p', { class: 'wrong', id: `${box.id}-wrong`, 'data-refused': true }, message);
    seen.setAttribute('aria-invalid', 'true');
    const hint = document.getElementById(`${seen.id}-hint`);
    seen.setAttribute('aria-describedby', hint ? `${said.id} ${hint.id}` : said.id);
    box.insertAdjacentElement('afterend', said);
    first ??= seen;
  }
  const text = [error instanceof Error ? error.message : String(error), ...rest].join(' ');
  const above = element('div', { class: 'notice-box wrong form-wrong', role: 'alert', tabindex: -1, 'data-refused': true }, element('p', {}, text));
  if (error instanceof Problem && error.status === 401) {
    above.append(element('p', {}, element('a', { href: say('/sign-in', '/en/sign-in'), target: '_blank' }, say('새 창에서 로그인한 뒤 다시 누르세요. 쓰던 글은 그대로 있습니다.', 'Sign in in a new window, then try again. What you wrote stays.'))));
  } else if (error instanceof Problem && error.code === 'proof-required') {
    above.append(element('p', {}, element('a', { href: say('/my/proof', '/en/my/proof'), target: '_blank' }, say('새 창에서 본인 확인을 한 뒤 다시 누르세요.', 'Confirm it’s you in a new window, then try again.'))));
  } else if (error instanceof Problem && error.requestId !== '' && error.status >= 500) {
    above.append(element('p', {}, say(`요청 번호 ${error.requestId}`, `Request ${error.requestId}`)));
  }
  form.prepend(above);
  (first ?? above).focus();
  above.scrollIntoView({ block: 'nearest' });
  if (first) {
    announce(text, 'bad');
  }
}

/**
 * Runs something that a button started: the button cannot be pressed twice, and says so.
 * @template T
 * @param {HTMLElement | null} button
 * @param {() => Promise<T>} act
 * @returns {Promise<T>}
 */
export async function busy(button, act) {
  button?.setAttribute('aria-disabled', 'true');
  button?.classList.add('busy');
  try {
    return await act();
  } finally {
    button?.removeAttribute('aria-disabled');
    button?.classList.remove('busy');
  }
}
