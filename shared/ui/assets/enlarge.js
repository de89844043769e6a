// A click on a picture of a text shows it large without leaving the page; without this script it
// is a link to it. The arrow keys go on to the next picture of the page.

const korean = document.documentElement.lang === 'ko';

/** @type {HTMLDialogElement | undefined} */
let shown;

/** @returns {HTMLAnchorElement[]} */
const all = () => [...document.querySelectorAll('a.enlarge')].filter((one) => one instanceof HTMLAnchorElement);

/** @param {HTMLAnchorElement} link */
function fill(link) {
  if (!shown) {
    return;
  }
  const image = /** @type {HTMLImageElement} */ (shown.querySelector('img'));
  image.src = link.href;
  image.alt = link.querySelector('img')?.alt ?? link.dataset.alt ?? '';
  shown.dataset.at = String(all().indexOf(link));
}

/** @param {number} step */
function go(step) {
  const links = all();
  const next = links[(Number(shown?.dataset.at ?? 0) + step + links.length) % links.length];
  if (next) {
    fill(next);
  }
}

/** @param {HTMLAnchorElement} link */
function open(link) {
  shown = document.createElement('dialog');
  shown.className = 'enlarged';
  shown.setAttribute('aria-label', korean ? '사진 크게 보기' : 'Picture, large');
  const form = document.createElement('form');
  form.method = 'dialog';
  const close = document.createElement('button');
  close.className = 'button small quiet';
  close.textContent = korean ? '닫기' : 'Close';
  form.append(close);
  shown.append(document.createElement('img'), form);
  shown.addEventListener('click', (event) => event.target === shown && shown?.close());
  shown.addEventListener('keydown', (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step) {
      event.preventDefault();
      go(step);
    }
  });
  shown.addEventListener('close', () => {
    shown?.remove();
    shown = undefined;
    link.focus();
  });
  fill(link);
  document.body.append(shown);
  shown.showModal();
}

addEventListener('click', (event) => {
  const link = event.target instanceof Element ? event.target.closest('a.enlarge') : null;
  if (link instanceof HTMLAnchorElement && event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey) {
    event.preventDefault();
    open(link);
  }
});
