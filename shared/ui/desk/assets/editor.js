import { Api, Problem, newKey } from './api.js';
import { Attachments } from './attachments.js';
import { changedBy } from './changes.js';
import { ask, confirmed } from './dialog.js';
import { element, fill, need, told } from './dom.js';
import { Drafts } from './draft.js';
import { busy, clearWrong, showWrong } from './form.js';
import { shortcut } from './keys.js';
import { say } from './language.js';
import { Ledger } from './ledger.js';
import { pick } from './picker.js';
import { fromInput, spoken, toInput } from './seoul.js';
import { sentence, undescribed } from './sentence.js';
import { serverNow, skew, skewText } from './skew.js';
import { announce, announceNext } from './status.js';
import { Tray, dropZone } from './tray.js';
import { variantsOf } from './variants.js';
import { Writing } from './writing.js';

/**
 * What the server knows when the page is made.
 * @typedef {object} Told
 * @property {string} member
 * @property {import('./refusal.js').Purpose[]} purposes
 * @property {Notice | null} notice null for a new one
 * @property {import('./transfer.js').Upload[] | null} files that a copy begins with
 * @property {string} now the server's time
 * @property {string} standing of its review; '' where there is none
 * @property {boolean} required nothing is published without approval
 * @property {boolean} waives who writes may publish what is urgent without
 *
 * @typedef {object} Notice
 * @property {string} id
 * @property {number} version
 * @property {string} state
 * @property {string} unit
 * @property {string} title
 * @property {string} body
 * @property {string} [titleEn]
 * @property {string} [bodyEn]
 * @property {string[]} tags
 * @property {string} [publishAt]
 * @property {string} [unpublishAt]
 * @property {string} [pinnedUntil]
 * @property {string} [urgentUntil]
 * @property {import('./transfer.js').Upload[]} attachments
 */

const form = /** @type {HTMLFormElement} */ (need('#notice'));
/** @type {Told} */
const { member, purposes, notice: first, files, now, standing: stood, required, waives } = told(form);
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
let standing = stood;

const boxes = ['title', 'unit', 'body', 'titleEn', 'bodyEn', 'tags', 'publish', 'publishAt', 'unpublishAt', 'pinnedUntil', 'urgentUntil'];

const attachments = new Attachments(need('#attachments'), api, () => {
  foresee(); // a picture may be described now
  changed();
});
const texts = [...document.querySelectorAll('.writing')].map((root) => new Writing(/** @type {HTMLElement} */ (root), api, placing));
const tray = new Tray(need('#transfers'), { api, ledger, purposes: () => purposes, arrived: (file, turn) => attachments.add(file, turn) });

/**
 * Uploads pictures that stand in a text: each is an attachment, too, as the list shows.
 * @param {File[]} files
 * @param {(file: File) => import('./tray.js').Place} place
 */
function placing(files, place) {
  void tray.add(files, (file) => {
    const placed = place(file);
    return {
      arrived: (upload) => {
        placed.arrived(upload);
        attachments.add(upload);
        void variantsOf(api, upload, () => true).then(() => texts.forEach((text) => void text.preview()));
      },
      removed: placed.removed,
    };
  });
}

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
  unfold();
  for (const text of texts) {
    void text.preview();
  }
}

/** @param {Notice} n */
function boxesOf(n) {
  return {
    title: n.title, unit: n.unit, body: n.body, titleEn: n.titleEn ?? '', bodyEn: n.bodyEn ?? '', tags: n.tags.join(', '),
    publish: n.publishAt ? 'at' : 'draft', publishAt: toInput(n.publishAt), unpublishAt: toInput(n.unpublishAt),
    pinnedUntil: toInput(n.pinnedUntil), urgentUntil: toInput(n.urgentUntil),
  };
}

/** What is in the boxes, as the API takes it. */
function content() {
  const t = typed();
  const publishAt = t.publish === 'at' ? fromInput(t.publishAt, notice?.publishAt) : undefined;
  return {
    unit: t.unit, title: t.title, body: t.body, titleEn: t.titleEn, bodyEn: t.bodyEn, tags: t.tags.split(',').map((tag) => tag.trim()).filter((tag) => tag !== ''),
    attachments: attachments.files.map((file) => file.id), publishAt, publishNow: t.publish === 'now' ? true : undefined, // the server's now
    unpublishAt: fromInput(t.unpublishAt, notice?.unpublishAt), pinnedUntil: fromInput(t.pinnedUntil, notice?.pinnedUntil), urgentUntil: fromInput(t.urgentUntil, notice?.urgentUntil),
  };
}

/** Only who says "at a time" is asked for one. */
function schedule() {
  const at = box('publish').value === 'at';
  need('#publish-at').hidden = !at;
  /** @type {HTMLInputElement} */ (need('#field-publishAt')).required = at;
  foresee();
}

/** What a colleague reviews: all but the times. @param {{unit: string, title: string, body: string, titleEn?: string, bodyEn?: string, tags: string[]}} n @param {string[]} files */
function wording(n, files) {
  return JSON.stringify([n.unit, n.title, n.body, n.titleEn ?? '', n.bodyEn ?? '', ...n.tags, '', ...files].map((part) => part.trim().replaceAll('\r\n', '\n')));
}

/** Whether what is in the boxes says something else than what is stored. */
function reworded() {
  const is = content();
  return notice === null || wording(is, is.attachments) !== wording(notice, notice.attachments.map((file) => file.id));
}

/** What saving and publishing will do, in a sentence that is always in sight. */
function foresee() {
  const t = typed();
  const at = t.publish === 'at' ? fromInput(t.publishAt, notice?.publishAt) : undefined;
  const out = notice?.state === 'published' || notice?.state === 'archived';
  const button = need('#publish');
  const urgent = fromInput(t.urgentUntil);
  const unapproved = required && (standing !== 'approved' || reworded()) && !(waives && urgent !== undefined && Date.parse(urgent) > Date.now());
  button.hidden = out || t.publish !== 'draft' || unapproved;
  saveButton.classList.toggle('quiet', !button.hidden);
  const kept = t.publish === 'at' && at !== undefined && notice?.publishAt !== undefined && Date.parse(at) === Date.parse(notice.publishAt) && notice.state !== 'archived';
  const held = !unapproved || (kept && !reworded()) || (t.publish === 'draft' && notice !== null && notice.state !== 'draft') ? undefined : !kept ? 'ask' : notice?.state === 'scheduled' ? 'unschedule' : 'frozen';
  const bare = undescribed([t.body, t.bodyEn], attachments.files);
  const ended = notice?.state === 'archived' && t.unpublishAt === toInput(notice.unpublishAt);
  need('#will').textContent = sentence({
    does: held ?? (t.publish === 'now' ? 'now' : !button.hidden ? 'keep' : t.publish === 'draft' ? 'withdraw' : ended ? 'ended' : notice?.state === 'archived' ? 'again' : out ? 'edit' : 'schedule'),
    at, pinned: fromInput(t.pinnedUntil), urgent: fromInput(t.urgentUntil), ends: fromInput(t.unpublishAt), english: t.titleEn.trim() !== '', unsaid: bare.length,
  }, language, Date.now());
  need('#describe').hidden = bare.length === 0;
  need('#ask-review').hidden = held !== 'ask' || notice === null || !['', 'withdrawn'].includes(standing);
}

/** Leads to the first picture that says nothing to those who cannot see it. */
function describe() {
  const [{ text, at = 0, file }] = undescribed([box('body').value, box('bodyEn').value], attachments.files);
  if (file !== undefined) {
    attachments.ask(file);
    return;
  }
  unfold();
  const found = texts[text ?? 0];
  found.root.dataset.shown = 'text';
  found.body.focus();
  found.body.setSelectionRange(at, at);
}

/** What is written in English is not hidden. */
function unfold() {
  const english = /** @type {HTMLDetailsElement} */ (need('#english'));
  english.open ||= box('titleEn').value !== '' || box('bodyEn').value !== '';
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
  const time = new Intl.DateTimeFormat(language, { timeStyle: 'short', hourCycle: 'h23', timeZone: 'Asia/Seoul' }).format(new Date());
  saved.textContent = kept
    ? say(`저장하지 않은 변경이 있습니다. 이 기기에는 ${time}에 담아 두었습니다.`, `There are unsaved changes. This device has kept them at ${time}.`)
    : say('저장하지 않은 변경이 있습니다. 이 브라우저에는 담아 둘 수 없으니 곧 저장하세요.', 'There are unsaved changes, and this browser cannot keep them: save soon.');
  lossy = !kept;
}
let lossy = false;

/** @param {Notice} n what the server says after a save */
function settle(n) {
  const isNew = notice === null;
  if (notice !== null && wording(n, n.attachments.map((file) => file.id)) !== wording(notice, notice.attachments.map((file) => file.id))) {
    stale();
  }
  notice = n;
  version = n.version;
  clean = snapshot();
  drafts.drop();
  if (isNew) {
    drafts = new Drafts(localStorage, member, n.id);
    history.replaceState(null, '', `${root}/notices/${n.id}`);
  }
  saved.textContent = '';
  need('#state-now').textContent = n.state === 'scheduled' ? say('예약됨', 'Scheduled') : stateOf(n);
  need('#state-now').dataset.state = n.state;
  need('#heading').textContent = say('공지 고치기', 'Edit notice');
  for (const action of document.querySelectorAll('[data-needs-saved]')) {
    /** @type {HTMLElement} */ (action).hidden = false;
  }
  for (const link of ['#to-review', '#ask-review']) {
    document.querySelector(link)?.setAttribute('href', `${root}/notices/${n.id}/review`);
  }
  /** @type {HTMLAnchorElement} */ (need('#revisions')).href = `${root}/notices/${n.id}/revisions`;
  /** @type {HTMLAnchorElement} */ (need('#duplicate')).href = `${root}/notices/new?from=${n.id}`;
  foresee();
  const open = /** @type {HTMLAnchorElement} */ (need('#open'));
  open.href = `${language === 'en' ? '/en' : ''}/notices/${n.id}`;
  open.hidden = n.state !== 'published';
  need('#take-down').hidden = n.state !== 'published';
}

/** A decision was about another text. */
function stale() {
  standing = { approved: 'outdated', changes: 'changed' }[standing] ?? standing;
  const badge = need('#review-now');
  if (standing === 'outdated' || standing === 'changed') {
    badge.textContent = standing === 'outdated' ? say('승인 뒤에 고쳐짐', 'Edited after approval') : say('고친 뒤 검토 대기', 'Edited, waiting for review');
    badge.dataset.state = 'scheduled';
  }
}

/** @param {Notice} n */
function stateOf(n) {
  switch (n.state) {
    case 'scheduled':
      return say(`예약됨: ${spoken(n.publishAt ?? '', language)}에 게시`, `Scheduled for ${spoken(n.publishAt ?? '', language)}`);
    case 'published':
      return say('게시 중', 'Published');
    case 'archived':
      return say('게시 끝남', 'Ended');
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
      if (error instanceof Problem && error.fields.some((field) => field.field.endsWith('En'))) {
        /** @type {HTMLDetailsElement} */ (need('#english')).open = true;
      }
      showWrong(form, error);
    }
  }
}

/** @param {Notice} n */
function done(n) {
  const ended = n.state === 'draft' && box('publish').value === 'at';
  const published = n.state === 'published' && notice?.state !== 'published';
  if (ended) {
    box('publish').value = 'draft';
  }
  if (box('publish').value === 'now') {
    box('publish').value = 'at';
    /** @type {HTMLInputElement} */ (need('#field-publishAt')).value = toInput(n.publishAt);
  }
  schedule();
  settle(n);
  announce(ended ? say('고친 글은 다시 승인받아야 해서, 예약을 취소하고 초안으로 저장했습니다.', 'What was edited needs approval again: it is no longer scheduled, and saved as a draft.') : n.state === 'draft' ? say('초안으로 저장했습니다.', 'Saved as a draft.') : published ? say('게시했습니다.', 'Published.') : say(`저장했습니다. ${stateOf(n)}.`, `Saved. ${stateOf(n)}.`), 'good');
}

/** What is stored has changed meanwhile: shows who changed it and what differs, and lets the editor decide. */
async function conflict() {
  if (notice === null) {
    return;
  }
  try {
    const { body: now } = await api.send('GET', `/v1/notices/${notice.id}`);
    const { body: html } = await api.send('POST', `${root}/notices/${notice.id}/differences`, { body: { title: box('title').value, body: body.value, titleEn: box('titleEn').value, bodyEn: box('bodyEn').value, tags: content().tags, version } });
    const shown = element('div', { class: 'differences' });
    fill(shown, html);
    if (shown.querySelector('[data-same]') && JSON.stringify(now.attachments.map((/** @type {{id: string}} */ f) => f.id)) === JSON.stringify(content().attachments)) {
      done(now); // our own save, whose answer was lost
      return;
    }
    const choice = await ask(
      shown.querySelector('[data-changed]')?.getAttribute('data-changed') ?? say('그사이 저장된 내용이 바뀌었습니다', 'What is stored has changed meanwhile'),
      element('div', {}, element('p', {}, say(`저장된 글(${spoken(now.updatedAt, language)})은 왼쪽, 쓰고 있는 글은 오른쪽입니다.`, `What is stored (${spoken(now.updatedAt, language)}) is on the left, what you write on the right.`)), shown),
      [
        { value: 'mine', label: say('내 글로 저장', 'Save mine'), kind: 'primary' },
        { value: 'stored', label: say('저장된 글 불러오기', 'Load what is stored') },
      ],
      true,
    );
    if (choice === 'mine') {
      version = now.version;
      await save();
    } else if (choice === 'stored') {
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

/** Saves once at a time, whichever button is pressed. @param {HTMLElement} button @param {() => Promise<void>} act */
function once(button, act) {
  if (saving) {
    return;
  }
  saving = true;
  void busy(button, act).finally(() => (saving = false));
}
let saving = false;

form.addEventListener('submit', (event) => {
  event.preventDefault();
  once(saveButton, save);
});
need('#publish').addEventListener('click', (event) =>
  once(/** @type {HTMLElement} */ (event.currentTarget), async () => {
    const chosen = box('publish').value;
    box('publish').value = 'now';
    await save();
    if (box('publish').value === 'now') {
      box('publish').value = chosen; // it was refused, or nobody wants it any more
      schedule();
    }
  }),
);
form.addEventListener('input', () => {
  schedule();
  changed();
});
addEventListener('keydown', (event) => {
  if (shortcut(event) === 's' && !document.querySelector('dialog[open]')) {
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
need('#describe').addEventListener('click', describe);
on('#take-down', async () => {
  if (notice === null) {
    return;
  }
  const unsaved = snapshot() !== clean;
  const will = say(
    '지금부터 독자는 홈페이지, 검색, 구독 어디에서도 이 공지를 볼 수 없고, 주소를 아는 사람에게는 내린 글이라고 알립니다. 글과 첨부, 고친 기록은 콘솔에 남아 언제든 다시 게시할 수 있습니다.',
    'From now on readers find it nowhere: not on the site, in search, or in feeds. Whoever has its address is told that it was taken down. Its text, files and revisions stay in the console, and you can publish it again at any time.',
  );
  const kept = say('저장하지 않은 변경은 그대로 남습니다.', 'Your unsaved changes stay as they are.');
  const content = element('div', {}, element('p', {}, will), ...(unsaved ? [element('p', {}, kept)] : []));
  if ((await ask(say('이 공지를 내릴까요?', 'Take this notice down?'), content, [{ value: 'yes', label: say('내리기', 'Take down'), kind: 'danger' }])) !== 'yes') {
    return;
  }
  const { body: is } = await api.send('GET', `/v1/notices/${notice.id}`); // what is stored goes down, not what is typed
  const { body: n } = await api.send('PUT', `/v1/notices/${notice.id}`, { body: changedBy('withdraw', is, '', serverNow(now)), version: is.version });
  const read = version;
  box('unpublishAt').value = toInput(n.unpublishAt);
  settle(n);
  if (read !== is.version) {
    version = read; // somebody edited it meanwhile, which saving tells
  }
  if (unsaved) {
    clean = '';
    keep();
  }
  announce(say('공지를 내렸습니다.', 'The notice was taken down.'), 'good');
});
on('#pick', async () => {
  for (const file of await pick(api, { many: true })) {
    attachments.add(file);
  }
});

const input = /** @type {HTMLInputElement} */ (need('#files'));
tray.offer(input);
dropZone(document.body, input, (files) => void tray.add(files));

attachments.set(first?.attachments ?? files ?? []);
schedule();
clean = snapshot();
recover();
for (const text of texts) {
  void text.preview();
}

const [opened] = performance.getEntriesByType('navigation');
if (opened instanceof PerformanceNavigationTiming) {
  const off = skew(Date.parse(now), performance.timeOrigin + opened.requestStart, performance.timeOrigin + opened.responseStart);
  need('#skew').textContent = skewText(off);
  need('#skew').hidden = off === 0;
}
void tray.restore((pending) => purposes.some((purpose) => purpose.name === pending.purpose));
