import { Api } from './api.js';
import { Attachments } from './attachments.js';
import { element, fill, need, told } from './dom.js';
import { confirmed } from './dialog.js';
import { Drafts } from './draft.js';
import { Ledger } from './ledger.js';
import { say } from './language.js';
import { pick } from './picker.js';
import { Tray, dropZone } from './tray.js';

// The form of minutes works by itself. This saves every 20 s what was typed while a meeting
// runs, keeps in this browser what could not be saved, and adds items and files.

/** How often it is saved, in milliseconds. */
const often = 20_000;

const form = /** @type {HTMLFormElement} */ (need('#minutes'));
/** @type {{member: string, id: string, purposes: import('./refusal.js').Purpose[], attachments: import('./transfer.js').Upload[], unsaved: boolean}} */
const { member, id, purposes, attachments: first, unsaved } = told(form);
const saved = need('#saved');
const items = need('#items');
const blank = /** @type {HTMLTemplateElement} */ (document.querySelector('#blank-item'));
const drafts = new Drafts(localStorage, member, `minutes-${id}`);
const api = new Api();

/** What the form says, as it is sent. */
function typed() {
  return new URLSearchParams(/** @type {[string, string][]} */ ([...new FormData(form)].filter(([, value]) => typeof value === 'string')));
}

/** What the form says but for the version, to compare. */
function snapshot() {
  const said = typed();
  said.delete('version');
  said.delete('copied');
  return said.toString();
}

const version = /** @type {HTMLInputElement} */ (form.elements.namedItem('version'));

/** Adds an empty item behind the others. */
function addItem() {
  const n = items.children.length;
  const made = /** @type {DocumentFragment} */ (blank.content.cloneNode(true));
  for (const node of made.querySelectorAll('[id], [for], [aria-describedby]')) {
    for (const name of ['id', 'for', 'aria-describedby']) {
      node.setAttribute(name, (node.getAttribute(name) ?? '').replace('item-new-', `item-${n}-`));
      if (node.getAttribute(name) === '') {
        node.removeAttribute(name);
      }
    }
  }
  items.append(made);
  number();
}

/** Says of each item which one it is. */
function number() {
  [...items.children].forEach((item, n) => {
    const legend = item.querySelector('legend');
    if (legend) {
      legend.textContent = say(`안건 ${n + 1}`, `Item ${n + 1}`);
    }
  });
}

// An item moves where it stands, and the button keeps the focus. Without this the server moves it.
items.addEventListener('click', (event) => {
  const button = /** @type {HTMLElement} */ (event.target).closest('button[name=move]');
  const item = button?.closest('fieldset');
  if (!(button instanceof HTMLButtonElement) || !item) {
    return;
  }
  event.preventDefault();
  if (button.value.startsWith('up')) {
    item.previousElementSibling?.before(item);
  } else {
    item.nextElementSibling?.after(item);
  }
  number();
  button.focus();
  form.dispatchEvent(new Event('input'));
});

need('#add-item').hidden = false;
need('#add-item').addEventListener('click', () => {
  addItem();
  /** @type {HTMLElement | null} */ (items.lastElementChild?.querySelector('input') ?? null)?.focus();
});

/** Shows the boxes of what there is of a meeting once it has begun. */
function begun() {
  if (Date.now() >= Date.parse(form.dataset.begins ?? '')) {
    form.classList.remove('ahead');
  }
}
setInterval(begun, often);

// Files: with this script their list can be ordered and added to; without it they can be unticked.
const attached = need('#attached');
const files = new Attachments(need('#attachments'), api, name);
function name() {
  attached.replaceChildren(...files.files.map((file) => element('input', { type: 'hidden', name: 'attachments', value: file.id })));
}
need('#attaching').hidden = false;
const tray = new Tray(need('#transfers'), { api, ledger: new Ledger(member), purposes: () => purposes, arrived: (file, turn) => files.add(file, turn) });
const chooser = /** @type {HTMLInputElement} */ (need('#files'));
tray.offer(chooser);
dropZone(document.body, chooser, (list) => void tray.add(list));
need('#pick').addEventListener('click', async () => {
  for (const file of await pick(api, { many: true })) {
    files.add(file);
  }
});
files.set(first);
name();

let clean = unsaved ? '' : snapshot();
/** What was refused last: it is not tried again until it is another text. */
let refused = '';
let sending = false;

/** Keeps what is typed in this browser, until the server has it. */
function keep() {
  if (snapshot() === clean) {
    drafts.drop();
    return;
  }
  drafts.keep({ at: Date.now(), version: Number(version.value), boxes: { form: typed().toString() }, attachments: [] });
}

let keeping = 0;
form.addEventListener('input', () => {
  clearTimeout(keeping);
  keeping = window.setTimeout(keep, 400);
  saved.textContent = say('저장하지 않은 변경이 있습니다.', 'There are unsaved changes.');
});

/** @param {number} status what the server answered, 0 for nobody */
function why(status) {
  switch (status) {
    case 409:
      return say('이미 공개한 내용이 바뀌었습니다. 저장을 눌러야 반영됩니다.', 'What is published would change: press save.');
    case 412:
      return say('그사이 저장된 글이 바뀌었습니다. 저장을 누르면 두 글을 비교해 볼 수 있습니다.', 'What is stored has changed: press save to compare.');
    case 422:
      return say('아직 저장할 수 없는 칸이 있습니다. 저장을 누르면 어디인지 보입니다. 글은 이 기기에 담아 두었습니다.', 'Something cannot be saved yet: press save to see what. This device keeps the text.');
    default:
      return say('저장하지 못했습니다. 글은 이 기기에 담아 두었고, 곧 다시 저장합니다.', 'It could not be saved. This device keeps the text, and will try again.');
  }
}

/** Saves what was typed, where that changes nothing that readers see. */
async function save() {
  const now = snapshot();
  if (sending || now === clean || now === refused || form.dataset.leaving) {
    return;
  }
  sending = true;
  let status = 0;
  try {
    const body = typed();
    body.delete('copied');
    const answer = await fetch(`${form.action}/draft`, { method: 'POST', body, headers: { Accept: 'text/html' } });
    status = answer.status;
    if (answer.ok && !answer.redirected) {
      const holder = element('div');
      fill(holder, await answer.text());
      const said = holder.querySelector('[data-version]');
      version.value = /** @type {HTMLElement} */ (said)?.dataset.version ?? version.value;
      clean = now;
      keep();
      if (snapshot() === clean) {
        saved.textContent = said?.textContent ?? '';
      }
      return;
    }
  } catch {
    status = 0; // nobody answered
  } finally {
    sending = false;
  }
  refused = status >= 400 && status < 500 && status !== 401 && status !== 429 ? now : '';
  saved.textContent = why(status);
  keep();
}

window.setInterval(() => void save(), often);
document.addEventListener('visibilitychange', () => document.visibilityState === 'hidden' && void save());
addEventListener('pagehide', keep);
/** The button whose question was answered with yes. @type {HTMLButtonElement | null} */
let agreed = null;
form.addEventListener('submit', (event) => {
  if (sending || tray.pending > 0) { // its answer has the version that is sent
    event.preventDefault();
    saved.textContent = tray.pending > 0
      ? say('올라가는 파일이 있습니다. 다 올린 뒤 저장하세요.', 'Files are still being uploaded: save when they are.')
      : say('저장하고 있습니다. 다시 눌러 주세요.', 'It is being saved: press again.');
    return;
  }
  const button = event.submitter;
  if (button instanceof HTMLButtonElement && button.dataset.confirm && button !== agreed) {
    event.preventDefault();
    void confirmed(button.dataset.confirm, button.textContent ?? '').then((yes) => {
      if (yes) {
        agreed = button;
        form.requestSubmit(button);
      }
    });
    return;
  }
  agreed = null;
  form.dataset.leaving = 'yes';
});
addEventListener('pageshow', () => delete form.dataset.leaving);

/** @param {string} said what a form said */
function show(said) {
  /** @type {Map<string, string[]>} */
  const values = new Map();
  for (const [key, value] of new URLSearchParams(said)) {
    values.set(key, [...(values.get(key) ?? []), value]);
  }
  while (items.children.length < (values.get('itemTitle')?.length ?? 0)) {
    addItem();
  }
  /** @type {Map<string, number>} */
  const at = new Map();
  for (const box of form.elements) {
    if (!(box instanceof HTMLInputElement || box instanceof HTMLSelectElement || box instanceof HTMLTextAreaElement) || box.name === 'version' || box.name === 'attachments') {
      continue;
    }
    const n = at.get(box.name) ?? 0;
    at.set(box.name, n + 1);
    box.value = values.get(box.name)?.[n] ?? box.value;
  }
}

const draft = drafts.find(Date.now());
if (draft && !unsaved) {
  const said = new URLSearchParams(draft.boxes.form);
  said.delete('version');
  said.delete('copied');
  if (said.toString() === clean) {
    drafts.drop();
  } else {
    need('#recover').hidden = false;
    need('#recover-take').addEventListener('click', () => {
      show(draft.boxes.form ?? '');
      need('#recover').hidden = true;
      keep();
    });
    need('#recover-drop').addEventListener('click', () => {
      drafts.drop();
      need('#recover').hidden = true;
    });
  }
}
