import { say } from './language.js';

/**
 * A notice as the API gives it to who writes it.
 * @typedef {object} Stored
 * @property {string} id
 * @property {number} version
 * @property {string} state draft, scheduled, published or archived
 * @property {string} unit
 * @property {string} title
 * @property {string} [body]
 * @property {string} [titleEn]
 * @property {string} [bodyEn]
 * @property {string[]} tags
 * @property {{id: string}[]} attachments
 * @property {string} [publishAt]
 * @property {string} [unpublishAt]
 * @property {string} [pinnedUntil]
 * @property {string} [urgentUntil]
 *
 * @typedef {'withdraw' | 'tag' | 'unpin'} Does
 */

/** @param {string} tag as tags are told apart: without spaces, upper and lower case alike */
const alike = (tag) => tag.normalize('NFKC').replace(/\s+/g, '').toLowerCase();

/**
 * Whether something would change of a notice.
 * @param {Does} does
 * @param {Stored} notice
 * @param {string} tag
 * @param {number} now in milliseconds
 */
function concerns(does, notice, tag, now) {
  switch (does) {
    case 'withdraw':
      return notice.state === 'published' || notice.state === 'scheduled';
    case 'tag':
      return !notice.tags.some((had) => alike(had) === alike(tag));
    default:
      return notice.pinnedUntil !== undefined && Date.parse(notice.pinnedUntil) > now;
  }
}

/**
 * What will happen, in sentences, and to which notices.
 * @param {Does} does
 * @param {Stored[]} notices
 * @param {string} tag
 * @param {number} now in milliseconds
 * @returns {{said: string[], changes: Stored[], refused: string}}
 */
export function planned(does, notices, tag, now) {
  const changes = notices.filter((one) => concerns(does, one, tag, now));
  const of = (/** @type {string} */ state) => changes.filter((one) => one.state === state).length;
  const same = notices.length - changes.length;
  const said = [];
  if (does === 'withdraw') {
    if (of('published') > 0) {
      said.push(say(`게시 중인 ${of('published')}건은 지금 내려가 아무에게도 보이지 않습니다.`, `${of('published')} published: taken down now, and nobody sees them.`));
    }
    if (of('scheduled') > 0) {
      said.push(say(`예약된 ${of('scheduled')}건은 초안이 되어 게시되지 않습니다.`, `${of('scheduled')} scheduled: drafts again, and not published.`));
    }
    if (same > 0) {
      said.push(say(`나머지 ${same}건은 게시 중이 아니어서 그대로입니다.`, `${same} stay as they are: they are not published.`));
    }
  } else if (does === 'unpin') {
    if (changes.length > 0) {
      said.push(say(`${changes.length}건의 맨 위 고정을 해제합니다. 게시는 그대로입니다.`, `${changes.length} no longer stand above the others, and stay published.`));
    }
    if (same > 0) {
      said.push(say(`고정되지 않은 ${same}건은 그대로입니다.`, `${same} stay as they are: they are not pinned.`));
    }
  } else {
    said.push(say('고른 공지마다 태그를 하나 추가합니다. 이미 있는 공지는 그대로입니다.', 'Each gets one more tag; those that have it stay as they are.'));
  }
  const refused = does === 'tag' && tag === '' ? say('추가할 태그를 적어 주세요.', 'Write the tag to add.') : does === 'tag' && changes.length === 0 ? say('고른 공지에 모두 있는 태그입니다.', 'All of them have this tag.') : '';
  return { said, changes: refused ? [] : changes, refused };
}

/**
 * A notice as it is written back, changed in nothing else.
 * @param {Does} does
 * @param {Stored} notice
 * @param {string} tag
 * @param {number} now in milliseconds
 */
export function changedBy(does, notice, tag, now) {
  const { unit, title, body, titleEn, bodyEn, tags, publishAt, unpublishAt, pinnedUntil, urgentUntil } = notice;
  const is = { unit, title, body, titleEn, bodyEn, tags, attachments: notice.attachments.map((one) => one.id), publishAt, unpublishAt, pinnedUntil, urgentUntil };
  switch (does) {
    case 'withdraw':
      return notice.state === 'scheduled' ? { ...is, publishAt: undefined } : { ...is, unpublishAt: new Date(now).toISOString() };
    case 'tag':
      return { ...is, tags: [...tags, tag] };
    default:
      return { ...is, pinnedUntil: undefined };
  }
}
