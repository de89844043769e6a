import { need } from './dom.js';
import { listed } from './form.js';

/** A list of entries in a form: added, moved and taken out by buttons, and sent as one array. */
export class Rows {
  #root;
  #list;
  #name;

  /** @param {HTMLElement} root with data-rows="name", a list, a template of an entry and a button that adds one */
  constructor(root) {
    this.#root = root;
    this.#list = need('ol', root);
    this.#name = root.dataset.rows ?? '';
    root.addEventListener('click', (event) => {
      const button = event.target instanceof Element ? event.target.closest('[data-does]') : null;
      if (button instanceof HTMLElement) {
        this.#act(button);
      }
    });
    this.#number();
  }

  /** @param {HTMLElement} button */
  #act(button) {
    const entry = button.closest('li');
    switch (button.dataset.does) {
      case 'add': {
        const template = /** @type {HTMLTemplateElement} */ (this.#root.querySelector('template'));
        this.#list.append(template.content.cloneNode(true));
        this.#number();
        this.#focus(this.#list.lastElementChild);
        break;
      }
      case 'up':
        entry?.previousElementSibling?.before(entry);
        this.#number();
        button.focus();
        break;
      case 'down':
        entry?.nextElementSibling?.after(entry);
        this.#number();
        button.focus();
        break;
      case 'out': {
        const next = entry?.nextElementSibling ?? entry?.previousElementSibling ?? null;
        entry?.remove();
        this.#number();
        next ? this.#focus(next) : need('[data-does=add]', this.#root).focus();
        break;
      }
    }
    this.#root.dispatchEvent(new Event('input', { bubbles: true }));
  }

  /** @param {Element | null} entry */
  #focus(entry) {
    const box = entry?.querySelector('input:not([type=hidden]), select');
    if (box instanceof HTMLElement) {
      box.focus();
    }
  }

  /** Names the boxes by their place, as the API names what is wrong. */
  #number() {
    [...this.#list.children].forEach((entry, i) => {
      for (const box of entry.querySelectorAll('[data-box]')) {
        if (box instanceof HTMLElement) {
          const label = entry.querySelector(`label[for="${CSS.escape(box.id)}"]`);
          box.id = `field-${this.#name}[${i}].${box.dataset.box}`;
          label?.setAttribute('for', box.id);
          const hint = box.parentElement?.querySelector(':scope > .hint');
          if (hint) {
            hint.id = `${box.id}-hint`;
            box.setAttribute('aria-describedby', hint.id);
          }
        }
      }
    });
  }

  /** @returns {Record<string, unknown>[]} */
  values() {
    return [...this.#list.children].map((entry) => {
      /** @type {Record<string, unknown>} */
      const values = {};
      for (const box of entry.querySelectorAll('[data-box]')) {
        if (box instanceof HTMLInputElement || box instanceof HTMLSelectElement || box instanceof HTMLTextAreaElement) {
          values[box.dataset.box ?? ''] = box.dataset.type === 'number' ? Number(box.value) : box.dataset.type === 'list' ? listed(box.value) : box.value;
        }
      }
      return values;
    });
  }
}
