import { element, fill } from './dom.js';

// What waits, as counts behind the entries of the rail: the function that knows it is asked once the page is there, so that no page
// waits for it. Without an answer there are no counts.

const rail = document.querySelector('.rail');
const home = rail?.querySelector('[data-entry="/console"]');
if (rail && home instanceof HTMLAnchorElement) {
  const counts = element('div');
  try {
    const answer = await fetch(`${home.pathname}/waiting`);
    fill(counts, answer.ok ? await answer.text() : '');
  } catch {
    // offline, or the page is left already
  }
  for (const count of counts.querySelectorAll('[data-of]')) {
    rail.querySelector(`[data-entry="${count.getAttribute('data-of')}"]`)?.append(count);
  }
}
