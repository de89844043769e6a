import { element } from './dom.js';
import { say, sizeOf } from './language.js';
import { orderButtons, orderable } from './order.js';
import { announce } from './status.js';
import { variantsOf } from './variants.js';

/** @typedef {import('./transfer.js').Upload} Upload */

/**
 * A small form of a picture, or what stands for a file.
 * @param {Upload} file
 */
export function thumbnailOf(file) {
  const smallest = file.variants[0];
  return smallest
    ? element('img', { src: smallest.url, width: smallest.width, height: smallest.height, alt: '', class: 'thumb' })
    : element('span', { class: 'thumb kind', 'aria-hidden': 'true' }, file.name.split('.').pop()?.toUpperCase().slice(0, 4) ?? '');
}

/** The files of a notice: in their order, pictures with what they show in words. */
export class Attachments {
  /** @type {Map<HTMLElement, Upload>} */
  #rows = new Map();

  /**
   * @param {HTMLElement} list
   * @param {import('./api.js').Api} api
   * @param {() => void} changed
   */
  constructor(list, api, changed) {
    this.list = list;
    this.api = api;
    this.changed = changed;
    orderable(list, changed);
  }

  /** @returns {Upload[]} in their order */
  get files() {
    return [...this.list.children].map((row) => this.#rows.get(/** @type {HTMLElement} */ (row))).filter((file) => file !== undefined);
  }

  /** Leads to where a picture is described. @param {string} id */
  ask(id) {
    for (const [row, file] of this.#rows) {
      if (file.id === id) {
        row.querySelector('input')?.focus();
      }
    }
  }

  /** @param {Upload[]} files */
  set(files) {
    this.#rows.clear();
    this.list.replaceChildren(...files.map((file) => this.#row(file)));
  }

  /**
   * @param {Upload} file
   * @param {number} [turn] of an upload: several arrive in any order, and stand in that in which they were chosen
   */
  add(file, turn) {
    if (this.files.some((one) => one.id === file.id)) {
      return;
    }
    const row = this.#row(file);
    const later = turn === undefined ? undefined : [...this.list.children].find((one) => Number(/** @type {HTMLElement} */ (one).dataset.turn ?? -1) > turn);
    row.dataset.turn = String(turn ?? -1);
    this.list.insertBefore(row, later ?? null);
    this.changed();
  }

  /** @param {Upload} file */
  #row(file) {
    const picture = file.type.startsWith('image/');
    const row = element('li', { class: 'attachment' });
    const thumbnail = thumbnailOf(file);
    if (picture && file.variants.length === 0) {
      void variantsOf(this.api, file, () => row.isConnected).then((drawn) => {
        if (drawn) {
          file.variants = drawn.variants;
          thumbnail.replaceWith(thumbnailOf(file));
        }
      });
    }
    const about = element('div', { class: 'attachment-about' }, element('p', { class: 'attachment-name' }, file.name, element('span', { class: 'meta' }, ` ${sizeOf(file.size)}`)));
    if (picture) {
      const alt = element('input', {
        type: 'text',
        maxlength: 200,
        value: file.alt ?? '',
        placeholder: say('무엇이 보이는지 한 문장으로', 'What it shows, in a sentence'),
        'aria-label': say(`${file.name} 대체 텍스트`, `Alternative text of ${file.name}`),
        change: () => void this.#describe(file, alt),
      });
      about.append(alt);
    }
    row.append(
      thumbnail,
      about,
      element(
        'div',
        { class: 'attachment-actions' },
        ...orderButtons(file.name).map(({ mark, label, data }) => element('button', { type: 'button', class: 'button icon', 'aria-label': label, ...data }, mark)),
        element(
          'button',
          {
            type: 'button',
            class: 'button icon',
            'aria-label': say(`${file.name} 빼기`, `Remove ${file.name}`),
            click: () => {
              this.#rows.delete(row);
              row.remove();
              this.changed();
              announce(say(`뺐습니다: ${file.name}`, `Removed ${file.name}.`));
            },
          },
          '✕',
        ),
      ),
    );
    this.#rows.set(row, file);
    return row;
  }

  /** @param {Upload} file @param {HTMLInputElement} box */
  async #describe(file, box) {
    try {
      const { body } = await this.api.send('PATCH', `/v1/uploads/${file.id}`, { body: { alt: box.value } });
      file.alt = body.alt ?? '';
      box.removeAttribute('aria-invalid');
      this.changed();
    } catch (error) {
      box.setAttribute('aria-invalid', 'true');
      announce(error instanceof Error ? error.message : String(error), 'bad');
    }
  }
}
