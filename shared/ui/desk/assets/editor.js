import { Api, Problem, newKey } from './api.js';
import { Attachments } from './attachments.js';
import { ask, confirmed } from './dialog.js';
import { element, fill, need, told } from './dom.js';
import { Drafts } from './draft.js';
import { busy, clearWrong, showWrong } from './form.js';
import { say } from './language.js';
import { Ledger } from './ledger.js';
import { around, before, link } from './marks.js';
import { pick } from './picker.js';
import { fromInput, spoken, toInput } from './seoul.js';
import { announce, announceNext } from './status.js';
import { Tray, dropZone } from './tray.js';

/**
 * What the server knows when the page is made.
 * @typedef {object} Told
 * @property {string} member
 * @property {import('./refusal.js').Purpose[]} purposes
 * @property {Notice | null} notice null for a new one
 *
 * @typedef {object} Notice
 * @property {string} id
 * @property {number} version
 * @property {string} state
 * @property {string} unit
 * @property {string} title
 * @property {string} body
 * @property {string[]} tags
 * @property {string} [publishAt]
 * @property {string} [unpublishAt]
 * @property {string} [pinnedUntil]
 * @property {string} [urgentUntil]
 * @property {import('./transfer.js').Upload[]} attachments
 */

/** How long nothing is typed before the preview is made, in milliseconds. */
const calm = 300;

const form = /** @type {HTMLFormElement} */ (need('#notice'));
/** @type {Told} */
const { member, purposes, notice: first } = told(form);
const language = document.documentElement.lang;
const root = language === 'en' ? '/en/console' : '/console';
const api = new Api();
const ledger = new Ledger(member);
const saveButton = need('#save');
const saved = need('#saved');
const body = /** @type {HTMLTextAreaElement} */ (need('#field-body'));

/** @type {Notice | null} the notice as it was last read from the server */
let notice = first;
/** The version that what is in the boxes was made from. */
let version = first?.version ?? 0;
let drafts = new Drafts(localStorage, member, first?.id ?? 'new');
let clean = '';

const boxes = ['title', 'unit', 'body', 'tags', 'publish', 'publishAt', 'unpublishAt', 'pinnedUntil', 'urgentUntil'];

const attachments = new Attachments(need('#attachments'), api, () => changed());
const tray = new Tray(need('#transfers'), { api, ledger, purposes: () => purposes, arrived: (file, turn) => attachments.add(file, turn) });

/** @param {string} name */
function box(name) {
  const found = form.elements.namedItem(name);
  return /** @type {HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement | RadioNodeList} */ (found);
}

function typed() {
  return Object.fromEntries(boxes.map((name) => [name, box(name).value]));
}

/** What would be lost if the page closed now, as one text to compare. */
function snapshot() {
  return JSON.stringify([typed(), attachments.files.map((file) => file.id)]);
}

/** @param {Record<string, string>} values @param {import('./transfer.js').Upload[]} files */
function show(values, files) {
  for (const name of boxes) {
    box(name).value = values[name] ?? '';
  }
  attachments.set(files);
  schedule();
  void preview();
}

/** @param {Notice} n */
function boxesOf(n) {
  return {
    title: n.title, unit: n.unit, body: n.body, tags: n.tags.join(', '),
    publish: n.publishAt ? 'at' : 'draft', publishAt: toInput(n.publishAt), unpublishAt: toInput(n.unpublishAt),
    pinnedUntil: toInput(n.pinnedUntil), urgentUntil: toInput(n.urgentUntil),
  };
}

/** What is in the boxes, as the API takes it. */
function content() {
  const t = typed();
  const publishAt = t.publish === 'draft' ? undefined : t.publish === 'now' ? new Date().toISOString() : fromInput(t.publishAt, notice?.publishAt);
  return {
    unit: t.unit, title: t.title, body: t.body, tags: t.tags.split(',').map((tag) => tag.trim()).filter((tag) => tag !== ''),
    attachments: attachments.files.map((file) => file.id), publishAt,
    unpublishAt: fromInput(t.unpublishAt, notice?.unpublishAt), pinnedUntil: fromInput(t.pinnedUntil, notice?.pinnedUntil), urgentUntil: fromInput(t.urgentUntil, notice?.urgentUntil),
  };
}

/** Only who says "at a time" is asked for one. */
function schedule() {
  const at = box('publish').value === 'at';
  need('#publish-at').hidden = !at;
  /** @type {HTMLInputElement} */ (need('#field-publishAt')).required = at;
}

let keeping = 0;
function changed() {
  clearTimeout(keeping);
  keeping = window.setTimeout(keep, 400);
}

/** Keeps what is typed in this browser. */
function keep() {
  clearTimeout(keeping);
  if (snapshot() === clean) {
    drafts.drop();
    saved.textContent = '';
    return;
  }
  const kept = drafts.keep({ at: Date.now(), version, boxes: typed(), attachments: attachments.files });
  const time = new Intl.DateTimeFormat(language, { timeStyle: 'short', timeZone: 'Asia/Seoul' }).format(new Date());
  saved.textContent = kept
    ? say(`저장하지 않은 변경이 있습니다. 이 기기에는 ${time}에 담아 두었습니다.`, `There are unsaved changes. This device has kept them at ${time}.`)
    : say('저장하지 않은 변경이 있습니다. 이 브라우저에는 담아 둘 수 없으니 곧 저장하세요.', 'There are unsaved changes, and this browser cannot keep them: save soon.');
  lossy = !kept;
}
let lossy = false;

let previewing = new AbortController();
let calming = 0;
async function preview() {
  clearTimeout(calming);
  previewing.abort();
  previewing = new AbortController();
  const { signal } = previewing;
  const target = need('#preview-body');
  const problem = need('#preview-problem');
  need('#preview-title').textContent = box('title').value || say('제목 없음', 'No title');
  if (body.value.trim() === '') {
    target.replaceChildren(element('p', { class: 'hint' }, say('쓰는 대로 여기에 보입니다.', 'What you write appears here.')));
    problem.textContent = '';
    return;
  }
  try {
    const answer = await api.send('POST', '/v1/admin/notices/render', { body: { body: body.value }, signal });
    fill(target, answer.body.html);
    problem.textContent = '';
  } catch (error) {
    if (!signal.aborted) {
      problem.textContent = say('미리보기를 새로 만들지 못했습니다. ', 'The preview could not be made. ') + (error instanceof Error ? error.message : '');
    }
  }
}

/** @param {Notice} n what the server says after a save */
function settle(n) {
  const isNew = notice === null;
  notice = n;
  version = n.version;
  clean = snapshot();
  drafts.drop();
  if (isNew) {
    drafts = new Drafts(localStorage, member, n.id);
    history.replaceState(null, '', `${root}/notices/${n.id}`);
  }
  saved.textContent = '';
  need('#state').textContent = stateOf(n);
  need('#state').dataset.state = n.state;
  need('#heading').textContent = say('공지 고치기', 'Edit notice');
  for (const action of document.querySelectorAll('[data-needs-saved]')) {
    /** @type {HTMLElement} */ (action).hidden = false;
  }
  /** @type {HTMLAnchorElement} */ (need('#revisions')).href = `${root}/notices/${n.id}/revisions`;
  const open = /** @type {HTMLAnchorElement} */ (need('#open'));
  open.href = `${language === 'en' ? '/en' : ''}/notices/${n.id}`;
  open.hidden = n.state !== 'published';
}

/** @param {Notice} n */
function stateOf(n) {
  switch (n.state) {
    case 'scheduled':
      return say(`예약됨: ${spoken(n.publishAt ?? '', language)}에 게시`, `Scheduled for ${spoken(n.publishAt ?? '', language)}`);
    case 'published':
      return say('게시 중', 'Published');
    case 'archived':
      return say('게시 끝남', 'Archived');
    default:
      return say('초안', 'Draft');
  }
}

let key = newKey();
async function save() {
  if (tray.pending > 0) {
    announce(say('올라가는 파일이 있습니다. 다 올린 뒤 저장하거나 목록에서 빼세요.', 'Files are still being uploaded. Wait for them, or remove them.'), 'bad');
    return;
  }
  clearWrong(form);
  keep();
  const sent = content();
  try {
    const answer = notice === null
      ? await api.send('POST', '/v1/notices', { body: sent, key })
      : await api.send('PUT', `/v1/notices/${notice.id}`, { body: sent, version });
    done(answer.body);
  } catch (error) {
    key = newKey();
    if (error instanceof Problem && error.status === 412) {
      await conflict();
    } else {
      showWrong(form, error);
    }
  }
}

/** @param {Notice} n */
function done(n) {
  if (box('publish').value === 'now') {
    box('publish').value = 'at';
    /** @type {HTMLInputElement} */ (need('#field-publishAt')).value = toInput(n.publishAt);
  }
  schedule();
  settle(n);
  announce(n.state === 'draft' ? say('초안으로 저장했습니다.', 'Saved as a draft.') : say(`저장했습니다. ${stateOf(n)}.`, `Saved. ${stateOf(n)}.`), 'good');
}

/** Somebody else saved meanwhile: shows what differs and lets the editor decide. */
async function conflict() {
  if (notice === null) {
    return;
  }
  try {
    const { body: now } = await api.send('GET', `/v1/notices/${notice.id}`);
    const { body: html } = await api.send('POST', `${root}/notices/${notice.id}/differences`, { body: { title: box('title').value, body: body.value, tags: content().tags } });
    const shown = element('div', { class: 'differences' });
    fill(shown, html);
    if (shown.querySelector('[data-same]') && JSON.stringify(now.attachments.map((/** @type {{id: string}} */ f) => f.id)) === JSON.stringify(content().attachments)) {
      done(now); // our own save, whose answer was lost
      return;
    }
    const choice = await ask(
      say('그사이 다른 사람이 이 공지를 고쳤습니다', 'Somebody else has edited this notice meanwhile'),
      element('div', {}, element('p', {}, say(`저장된 글(${spoken(now.updatedAt, language)})은 왼쪽, 쓰고 있는 글은 오른쪽입니다.`, `What is stored (${spoken(now.updatedAt, language)}) is on the left, what you write on the right.`)), shown),
      [
        { value: 'mine', label: say('내 글로 저장', 'Save mine'), kind: 'primary' },
        { value: 'theirs', label: say('저장된 글 불러오기', 'Load what is stored') },
      ],
      true,
    );
    if (choice === 'mine') {
      version = now.version;
      await save();
    } else if (choice === 'theirs') {
      show(boxesOf(now), now.attachments);
      settle(now);
      announce(say('저장된 글을 불러왔습니다.', 'Loaded what is stored.'), 'good');
    } else {
      announce(say('저장하지 않았습니다. 글은 그대로 있습니다.', 'Nothing was saved. Your text is still here.'));
    }
  } catch (error) {
    showWrong(form, error);
  }
}

/** Offers what was typed before and not saved. */
function recover() {
  const draft = drafts.find(Date.now());
  if (!draft || JSON.stringify([draft.boxes, draft.attachments.map((file) => file.id)]) === clean) {
    return;
  }
  const bar = need('#recover');
  need('#recover-text').textContent = say(
    `${spoken(new Date(draft.at).toISOString(), language)}에 쓰다가 저장하지 않은 글이 이 기기에 있습니다.`,
    `This device has a text of ${spoken(new Date(draft.at).toISOString(), language)} that was not saved.`,
  );
  bar.hidden = false;
  need('#recover-take').addEventListener('click', () => {
    version = draft.version;
    show(draft.boxes, draft.attachments);
    bar.hidden = true;
    keep();
    body.focus();
  });
  need('#recover-drop').addEventListener('click', () => {
    drafts.drop();
    bar.hidden = true;
    body.focus();
  });
}

/** @param {string} name @param {() => Promise<void>} act */
function on(name, act) {
  const button = need(name);
  button.addEventListener('click', () => {
    if (button.getAttribute('aria-disabled') !== 'true') {
      void busy(button, act).catch((error) => showWrong(form, error));
    }
  });
}

form.addEventListener('submit', (event) => {
  event.preventDefault();
  if (saveButton.getAttribute('aria-disabled') !== 'true') {
    void busy(saveButton, save);
  }
});
form.addEventListener('input', () => {
  schedule();
  changed();
});
for (const source of [body, need('#field-title')]) {
  source.addEventListener('input', () => {
    clearTimeout(calming);
    calming = window.setTimeout(() => void preview(), calm);
  });
}
addEventListener('keydown', (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key === 's' && !document.querySelector('dialog[open]')) {
    event.preventDefault();
    form.requestSubmit();
  }
});
addEventListener('pagehide', () => snapshot() !== clean && keep());
addEventListener('beforeunload', (event) => {
  if (lossy && snapshot() !== clean) {
    event.preventDefault();
  }
});

on('#preview-link', async () => {
  const { body: shared } = await api.send('POST', `/v1/notices/${notice?.id}/preview`, { body: {}, key: newKey() });
  const address = element('input', { type: 'text', readonly: true, value: shared.url, class: 'address', 'aria-label': say('미리보기 주소', 'Preview address'), focus: () => address.select() });
  const choice = await ask(
    say('미리보기 링크', 'Preview link'),
    element('div', {}, element('p', {}, say(`이 주소를 아는 사람은 ${spoken(shared.expiresAt, language)}까지 저장된 글을 읽을 수 있습니다.`, `Whoever has this address can read what is saved until ${spoken(shared.expiresAt, language)}.`)), address),
    [{ value: 'copy', label: say('복사', 'Copy'), kind: 'primary' }],
  );
  if (choice === 'copy') {
    await navigator.clipboard.writeText(shared.url);
    announce(say('주소를 복사했습니다.', 'The address was copied.'), 'good');
  }
});
on('#delete', async () => {
  if (notice && (await confirmed(say('이 공지를 지울까요? 관리자는 30일 안에 되살릴 수 있습니다.', 'Delete this notice? An admin can restore it within 30 days.'), say('지우기', 'Delete')))) {
    await api.send('DELETE', `/v1/notices/${notice.id}`, { version });
    drafts.drop();
    clean = snapshot();
    announceNext(say('공지를 지웠습니다.', 'The notice was deleted.'));
    location.assign(`${root}/notices`);
  }
});
on('#pick', async () => {
  for (const file of await pick(api, { many: true })) {
    attachments.add(file);
  }
});

for (const button of document.querySelectorAll('[data-mark]')) {
  button.addEventListener('click', () => {
    const selected = { text: body.value, start: body.selectionStart, end: body.selectionEnd };
    const mark = /** @type {HTMLElement} */ (button).dataset.mark ?? '';
    const sample = say('글', 'text');
    const made = mark === 'link' ? link(selected, sample) : mark.endsWith(' ') ? before(selected, mark) : around(selected, mark, sample);
    body.focus();
    body.setSelectionRange(0, body.value.length);
    // insertText keeps the browser's own undo; where it is gone the value is set
    if (!document.execCommand?.('insertText', false, made.text)) {
      body.value = made.text;
      body.dispatchEvent(new Event('input', { bubbles: true }));
    }
    body.setSelectionRange(made.start, made.end);
  });
}

for (const tab of document.querySelectorAll('[data-shows]')) {
  tab.addEventListener('click', () => {
    const shows = /** @type {HTMLElement} */ (tab).dataset.shows ?? '';
    need('#writing').dataset.shown = shows;
    for (const one of document.querySelectorAll('[data-shows]')) {
      one.setAttribute('aria-pressed', String(one === tab));
    }
    if (shows === 'preview') {
      void preview();
    }
  });
}

dropZone(document.body, /** @type {HTMLInputElement} */ (need('#files')), (files) => tray.add(files));

attachments.set(first?.attachments ?? []);
schedule();
clean = snapshot();
recover();
void preview();
void tray.restore((pending) => purposes.some((purpose) => purpose.name === pending.purpose));
