import { toInput } from './seoul.js';

/**
 * What will become of a notice.
 * @typedef {object} Fate
 * @property {'now' | 'keep' | 'schedule' | 'edit' | 'ended' | 'again' | 'withdraw' | 'ask' | 'unschedule' | 'frozen'} does
 * @property {string} [at] when it is published
 * @property {string} [pinned] until when it stands above the others
 * @property {string} [urgent] until when it is above every page
 * @property {string} [ends] when it is taken down
 * @property {boolean} [english] whether it is in English, too
 * @property {number} [unsaid] how many of its pictures have no alternative text
 */

/**
 * A time as short as people say it: in Seoul, without this year, and without midnight, which is the end of the day before.
 * @param {string} iso
 * @param {string} language
 * @param {number} now in milliseconds
 */
export function brief(iso, language, now) {
  const day = (/** @type {number} */ time) => toInput(new Date(time).toISOString());
  const hour = day(Date.parse(iso)).slice(11, 16);
  const [year, month, date] = day(Date.parse(iso) - (hour === '00:00' ? 60_000 : 0)).slice(0, 10).split('-').map(Number);
  const said = language === 'en'
    ? new Intl.DateTimeFormat('en-GB', { timeZone: 'UTC', day: 'numeric', month: 'short' }).format(Date.UTC(year, month - 1, date))
    : `${month}. ${date}.`;
  const dated = year === Number(day(now).slice(0, 4)) ? said : language === 'en' ? `${said} ${year}` : `${year}. ${said}`;
  return hour === '00:00' ? `${dated} 24:00` : `${dated} ${hour}`;
}

/**
 * What saving will do, in one line: '12. 3. 18:00에 게시 · 맨 위 고정 12. 5. 18:00까지'. What is over says nothing.
 * @param {Fate} fate
 * @param {string} language
 * @param {number} now in milliseconds
 */
export function sentence({ does, at, pinned, urgent, ends, english, unsaid = 0 }, language, now) {
  const en = language === 'en';
  const when = (/** @type {string | undefined} */ iso) => (iso && Date.parse(iso) > now ? brief(iso, language, now) : '');
  const first = {
    now: en ? 'Publish now' : '지금 게시',
    keep: en ? 'Saving keeps it as a draft' : '저장하면 초안으로 남음',
    edit: en ? 'Readers see the change at once' : '고친 글이 바로 보임',
    ended: en ? 'Has ended, and stays so: empty “Ends” to publish it again' : '게시가 끝난 그대로 · 다시 게시하려면 ‘게시를 끝낼 때’를 비우세요',
    again: en ? 'Saving publishes it again' : '저장하면 다시 게시',
    schedule: when(at) ? (en ? `Publish on ${when(at)}` : `${when(at)}에 게시`) : en ? 'Say when to publish' : '게시할 때를 정하세요',
    withdraw: en ? 'Taken down: a draft again, which readers do not see' : '게시를 내리고 초안으로 · 아무에게도 보이지 않음',
    ask: en ? 'Can be published once a colleague has approved it' : '동료가 승인하면 게시할 수 있음',
    unschedule: en ? 'No longer scheduled: what is edited needs approval again' : '예약을 취소하고 초안으로 · 고친 글은 다시 승인받아야 함',
    frozen: en ? 'Cannot be saved: take it back to a draft, edit it, and have it approved again' : '저장할 수 없음 · 초안으로 내려서 고치고 다시 승인받으세요',
  }[does];
  const shown = ['now', 'keep', 'edit', 'again', 'schedule'].includes(does) ? [
    when(urgent) && (en ? `above every page until ${when(urgent)}` : `모든 페이지 위 긴급 ${when(urgent)}까지`),
    when(pinned) && (en ? `pinned until ${when(pinned)}` : `맨 위 고정 ${when(pinned)}까지`),
    when(ends) && (en ? `taken down on ${when(ends)}` : `${when(ends)}에 내림`),
    english && (en ? 'in English, too' : '영어로도'),
  ].filter(Boolean) : [];
  if (does === 'keep' && shown.length > 0) {
    shown[0] = `${en ? 'once published: ' : '게시하면 '}${shown[0]}`;
  }
  const pictures = unsaid > 0 && (en ? `${unsaid} ${unsaid === 1 ? 'picture has' : 'pictures have'} no description` : `설명이 없는 사진 ${unsaid}장`);
  return [first, ...shown, pictures].filter(Boolean).join(' · ');
}

/**
 * The pictures that say nothing to those who cannot see them, neither in a text nor where they are attached: those in the texts, as which text
 * it is and where in it the words between the brackets begin, then those below them, as the id of the file.
 * @param {string[]} texts
 * @param {{id: string, type?: string, alt?: string}[]} files that are attached
 * @returns {{text?: number, at?: number, file?: string}[]}
 */
export function undescribed(texts, files) {
  const said = new Set(files.filter((file) => (file.alt ?? '').trim() !== '').map((file) => file.id));
  const inText = texts.flatMap((text, i) => [...text.matchAll(/!\[\s*\]\((?:upload:([^)\s]*))?/g)].filter(([, id]) => !said.has(id ?? '')).map(({ index }) => ({ text: i, at: index + 2 })));
  const below = files.filter(({ id, type }) => type?.startsWith('image/') && !said.has(id) && !texts.some((text) => text.includes(`(upload:${id}`)));
  return [...inText, ...below.map(({ id }) => ({ file: id }))];
}
