// Times are typed and shown in Seoul's time, wherever the editor's computer is. Korea has
// had no daylight saving time since 1988: an offset is enough.
const offset = 9 * 60 * 60 * 1000;

/**
 * A time as an input of type datetime-local takes it; '' for none.
 * @param {string | undefined | null} iso
 */
export function toInput(iso) {
  return iso ? new Date(Date.parse(iso) + offset).toISOString().slice(0, 16) : '';
}

/**
 * What was typed as a time; undefined for nothing. A time that was not touched keeps its
 * seconds, which an input does not show.
 * @param {string} typed
 * @param {string | undefined | null} [was]
 * @returns {string | undefined}
 */
export function fromInput(typed, was) {
  if (typed === '') {
    return undefined;
  }
  if (was && toInput(was) === typed.slice(0, 16)) {
    return was;
  }
  return new Date(Date.parse(`${typed.slice(0, 16)}:00Z`) - offset).toISOString();
}

/**
 * A time as people say it.
 * @param {string} iso
 * @param {string} language
 */
export function spoken(iso, language) {
  return new Intl.DateTimeFormat(language === 'en' ? 'en-GB' : 'ko-KR', { timeZone: 'Asia/Seoul', dateStyle: 'medium', timeStyle: 'short' }).format(new Date(iso));
}
