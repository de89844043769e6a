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

/** Whether a box says a time: its year has four digits, though browsers take six. @param {string} typed */
export function timed(typed) {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(typed);
}

/**
 * What was typed as a time; undefined for nothing. A time that was not touched keeps its
 * seconds, which an input does not show. What is no time stays as it was typed: the API refuses it.
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
  if (!timed(typed)) {
    return typed;
  }
  return new Date(Date.parse(`${typed.slice(0, 16)}:00Z`) - offset).toISOString();
}

/**
 * A time as people say it.
 * @param {string} iso
 * @param {string} language
 */
export function spoken(iso, language) {
  return new Intl.DateTimeFormat(language === 'en' ? 'en-GB' : 'ko-KR', { timeZone: 'Asia/Seoul', dateStyle: 'medium', timeStyle: 'short', hourCycle: 'h23' }).format(new Date(iso));
}
