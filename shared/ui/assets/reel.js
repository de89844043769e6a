// The row of banners: dots and arrows move it in its place, where without this script they are links to a
// banner; the dot of the banner in sight is marked, and the arrow keys turn to the next one.

const row = document.querySelector('.reel ul');

/** @returns {HTMLElement[]} */
const banners = () => [...row.children].filter((one) => one instanceof HTMLElement);
const dots = [...document.querySelectorAll('.reel nav a')];

/** Where the row stands: the banner whose beginning is nearest to its own. At the end it is the last one, which has no room to come to the beginning. */
function at() {
  if (row.scrollLeft > 0 && row.scrollLeft + row.clientWidth >= row.scrollWidth - 2) {
    return banners().length - 1;
  }
  const away = banners().map((one) => Math.abs(one.offsetLeft - row.offsetLeft - row.scrollLeft));
  return away.indexOf(Math.min(...away));
}

/** @param {number} to */
function turn(to) {
  const one = banners()[Math.max(0, Math.min(to, banners().length - 1))];
  row.scrollTo({ left: one.offsetLeft - row.offsetLeft });
}

function mark() {
  const here = at();
  dots.forEach((dot, i) => (i === here ? dot.setAttribute('aria-current', 'true') : dot.removeAttribute('aria-current')));
}

if (row) {
  document.querySelector('.reel').addEventListener('click', (event) => {
    const link = event.target instanceof Element ? event.target.closest('a[href^="#banner-"]') : null;
    if (!(link instanceof HTMLAnchorElement) || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) {
      return;
    }
    event.preventDefault();
    const to = banners().findIndex((one) => `#${one.id}` === link.hash);
    const label = link.textContent;
    turn(to);
    if (link.closest('li')) {
      // Whoever goes on by an arrow finds the same arrow on the banner that came; at the end, the other.
      const arrows = [...banners()[to].querySelectorAll('.turn-one')];
      const next = arrows.find((one) => one.textContent === label) ?? arrows[0];
      next?.focus({ preventScroll: true });
    }
  });
  row.addEventListener('keydown', (event) => {
    const step = { ArrowRight: at() + 1, ArrowLeft: at() - 1, Home: 0, End: banners().length - 1 }[event.key];
    if (event.target === row && step !== undefined) {
      event.preventDefault();
      turn(step);
    }
  });
  row.addEventListener('scroll', mark, { passive: true });
  addEventListener('resize', mark);
  mark();
}
