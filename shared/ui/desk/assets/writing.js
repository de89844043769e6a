import { element, fill } from './dom.js';
import { apple, shortcut } from './keys.js';
import { say } from './language.js';
import { around, before, link, picture, table } from './marks.js';
import { announce } from './status.js';

/** How long nothing is typed before the preview is made, in milliseconds. */
const calm = 300;

/** A text in one language with the buttons above it and, beside it, what readers will see. */
export class Writing {
  #previewing = new AbortController();
  #calming = 0;

  /**
   * @param {HTMLElement} root names the box of its title in data-title
   * @param {import('./api.js').Api} api
   * @param {(files: File[], place: (file: File) => import('./tray.js').Place) => void} send uploads pictures that are put into the text
   */
  constructor(root, api, send) {
    this.root = root;
    this.api = api;
    this.send = send;
    this.body = /** @type {HTMLTextAreaElement} */ (root.querySelector('textarea'));
    this.title = /** @type {HTMLInputElement} */ (document.getElementById(root.dataset.title ?? ''));
    for (const source of [this.body, this.title]) {
      source.addEventListener('input', () => {
        clearTimeout(this.#calming);
        this.#calming = window.setTimeout(() => void this.preview(), calm);
      });
    }
    /** @type {Map<string, string>} marks by the letter that makes them */
    const keys = new Map();
    for (const button of /** @type {NodeListOf<HTMLElement>} */ (root.querySelectorAll('[data-mark]'))) {
      const { mark = '', key = '' } = button.dataset;
      button.addEventListener('click', () => this.#mark(mark));
      if (key) {
        keys.set(key, mark);
        button.title = apple ? `⌘${key.toUpperCase()}` : `Ctrl+${key.toUpperCase()}`;
        button.setAttribute('aria-keyshortcuts', `${apple ? 'Meta' : 'Control'}+${key.toUpperCase()}`);
      }
    }
    this.body.addEventListener('keydown', (event) => {
      const mark = keys.get(shortcut(event));
      if (mark !== undefined) {
        event.preventDefault();
        this.#mark(mark);
      }
    });
    const chosen = /** @type {HTMLInputElement} */ (root.querySelector('[data-pictures]'));
    chosen.addEventListener('change', () => {
      this.#pictures([...(chosen.files ?? [])]);
      chosen.value = '';
    });
    this.body.addEventListener('paste', (event) => this.#taken(event, event.clipboardData));
    this.body.addEventListener('drop', (event) => this.#taken(event, event.dataTransfer));
    for (const tab of root.querySelectorAll('[data-shows]')) {
      tab.addEventListener('click', () => this.#turn(/** @type {HTMLElement} */ (tab)));
    }
  }

  /** @param {string} part */
  #part(part) {
    return /** @type {HTMLElement} */ (this.root.querySelector(part));
  }

  /** Shows what readers will see. */
  async preview() {
    clearTimeout(this.#calming);
    this.#previewing.abort();
    this.#previewing = new AbortController();
    const { signal } = this.#previewing;
    const target = this.#part('.preview-body');
    const problem = this.#part('.preview-problem');
    this.#part('.preview-title').textContent = this.title.value || say('제목 없음', 'No title');
    if (this.body.value.trim() === '') {
      target.replaceChildren(element('p', { class: 'hint' }, say('쓰는 대로 여기에 보입니다.', 'What you write appears here.')));
      problem.textContent = '';
      return;
    }
    try {
      const answer = await this.api.send('POST', '/v1/admin/notices/render', { body: { body: this.body.value }, signal });
      fill(target, answer.body.html);
      problem.textContent = '';
    } catch (error) {
      if (!signal.aborted) {
        problem.textContent = say('미리보기를 새로 만들지 못했습니다. ', 'The preview could not be made. ') + (error instanceof Error ? error.message : '');
      }
    }
  }

  /** @param {string} mark what a button puts into the text */
  #mark(mark) {
    const { body } = this;
    const selected = { text: body.value, start: body.selectionStart, end: body.selectionEnd };
    const sample = say('글', 'text');
    const made = mark === 'link' ? link(selected, sample) : mark === 'table' ? table(selected, body.closest('[lang]')?.getAttribute('lang') === 'en' ? ['Item', 'Details'] : ['구분', '내용']) : mark.endsWith(' ') ? before(selected, mark) : around(selected, mark, sample);
    body.focus();
    body.setSelectionRange(0, body.value.length);
    // insertText keeps the browser's own undo; where it is gone the value is set
    if (document.execCommand?.('insertText', false, made.text)) {
      body.setSelectionRange(made.start, made.end);
    } else {
      this.#set(made.text, made.start, made.end);
    }
  }

  /**
   * Takes the pictures among what is pasted or dropped. Where there is text, too, as from a word
   * processor, the text is pasted as it always is and the pictures go behind it.
   * @param {Event} event
   * @param {DataTransfer | null} data
   */
  #taken(event, data) {
    const pictures = [...(data?.files ?? [])].filter((file) => file.type.startsWith('image/'));
    if (pictures.length === 0 || pictures.length < (data?.files.length ?? 0)) {
      return; // other files are attached
    }
    event.stopPropagation();
    if (data?.getData('text/plain')) {
      setTimeout(() => this.#pictures(pictures)); // behind the text
      return;
    }
    event.preventDefault();
    document.body.classList.remove('over');
    this.#pictures(pictures);
  }

  /**
   * Uploads pictures, each with a mark where the cursor is that stands for it meanwhile.
   * @param {File[]} files
   */
  #pictures(files) {
    this.send(files, (file) => {
      const name = file.name.replace(/[[\]()\\]/g, ' ');
      const mark = `![${say(`${name} 올리는 중`, `${name}, on its way`)} ${(this.#placed += 1)}]()`;
      const { body } = this;
      const made = picture({ text: body.value, start: body.selectionStart, end: body.selectionEnd }, mark);
      this.#set(made.text, made.end, made.end);
      return {
        arrived: (upload) => {
          const to = `![${upload.alt ?? ''}](upload:${upload.id})`;
          const at = this.#swap(mark, to);
          if (at >= 0) {
            body.setSelectionRange(at + 2, at + 2 + (upload.alt ?? '').length);
            announce(say('사진을 넣었습니다. 대괄호 안에 무엇이 보이는지 적어 주세요.', 'The picture is in the text. Say between the brackets what it shows.'), 'good');
          }
        },
        removed: () => this.#swap(mark, ''),
      };
    });
  }
  #placed = 0;

  /**
   * Puts one text in place of another, wherever that stands by now, and returns where; -1 where it
   * is gone.
   * @param {string} from
   * @param {string} to
   */
  #swap(from, to) {
    const { body } = this;
    const at = body.value.indexOf(from);
    if (at >= 0) {
      const { selectionStart: start, selectionEnd: end } = body;
      const moved = (/** @type {number} */ i) => (i <= at ? i : Math.max(at + to.length, i + to.length - from.length));
      this.#set(body.value.slice(0, at) + to + body.value.slice(at + from.length), moved(start), moved(end));
    }
    return at;
  }

  /** @param {string} text @param {number} start @param {number} end */
  #set(text, start, end) {
    this.body.value = text;
    this.body.setSelectionRange(start, end);
    this.body.dispatchEvent(new Event('input', { bubbles: true }));
  }

  /** @param {HTMLElement} tab the text, or the preview where both have no room */
  #turn(tab) {
    const shows = tab.dataset.shows ?? '';
    this.root.dataset.shown = shows;
    for (const one of this.root.querySelectorAll('[data-shows]')) {
      one.setAttribute('aria-pressed', String(one === tab));
    }
    if (shows === 'preview') {
      void this.preview();
    }
  }
}
