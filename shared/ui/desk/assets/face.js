import { Api, Problem } from './api.js';
import { fill, need } from './dom.js';
import { say } from './language.js';
import { traced } from './trace.js';

// The page where the council sets how its site looks: what is chosen is shown at once, by day
// and by night, with its contrasts.

const api = new Api();
const form = need('#face');
/** @type {HTMLInputElement} */
const colour = need('#field-colour');
/** @type {HTMLInputElement} */
const picker = need('#picker');

/** @param {{brand: Record<string, Record<string, string>>, asChosen: boolean} & Record<string, any>} follows */
function paint(follows) {
  for (const mode of ['light', 'dark']) {
    /** @type {HTMLElement} */
    const phone = need(`.phone[data-mode=${mode}]`);
    for (const [role, value] of Object.entries(follows.brand[mode] ?? {})) {
      phone.style.setProperty(`--${role}`, value);
    }
    phone.classList.add('painted');
  }
  for (const cell of form.querySelectorAll('[data-ratio]')) {
    const [what = '', mode = ''] = (cell instanceof HTMLElement ? cell.dataset.ratio ?? '' : '').split('.');
    cell.textContent = `${follows[what][mode].toFixed(1)} : 1`;
  }
  need('#moved').hidden = follows.asChosen;
}

/** @type {AbortController | undefined} */
let asking;

async function follow() {
  const chosen = colour.value.trim().toLowerCase();
  if (!/^#[0-9a-f]{6}$/.test(chosen)) {
    return;
  }
  picker.value = chosen;
  asking?.abort();
  asking = new AbortController();
  try {
    const { body } = await api.send('GET', `/v1/admin/face/colours?colour=${encodeURIComponent(chosen)}`, { signal: asking.signal });
    paint(body);
  } catch {
    // The page shows what it showed; saving says what is wrong.
  }
}

/** @param {string} value */
function choose(value) {
  colour.value = value;
  void follow();
}

colour.addEventListener('input', () => void follow());
picker.addEventListener('input', () => choose(picker.value));
for (const button of form.querySelectorAll('[data-colour]')) {
  button.addEventListener('click', () => {
    if (button instanceof HTMLElement) {
      choose(button.dataset.colour ?? '');
      pattern.value = button.dataset.pattern ?? pattern.value;
      pattern.dispatchEvent(new Event('change', { bubbles: true }));
    }
  });
}
for (const shown of form.querySelectorAll('[data-shows]')) {
  /** @type {HTMLInputElement} */
  const box = need(`#field-${shown instanceof HTMLElement ? shown.dataset.shows : ''}`);
  box.addEventListener('input', () => {
    shown.textContent = box.value;
  });
}

/** @type {HTMLInputElement} */
const name = need('#field-name');
/** @type {HTMLTextAreaElement} */
const mark = need('#field-mark');
const wrong = need('#mark-wrong');
/** @type {AbortController | undefined} */
let drawing;

// The server draws the mark as it would be kept: what the preview shows is what pages will.
async function draw() {
  drawing?.abort();
  const own = (drawing = new AbortController());
  try {
    const { body } = await api.send('POST', '/v1/admin/face/mark', { body: { name: name.value, mark: mark.value }, signal: own.signal });
    wrong.textContent = '';
    for (const shown of form.querySelectorAll('.phone-mark')) {
      fill(shown, body.html);
    }
  } catch (error) {
    if (own === drawing && error instanceof Problem) {
      wrong.textContent = error.fields[0]?.message ?? error.message;
    }
  }
}
mark.addEventListener('input', () => void draw());
name.addEventListener('change', () => void draw());

/** @type {HTMLSelectElement} */
const pattern = need('#field-pattern');
pattern.addEventListener('change', () => {
  for (const wall of form.querySelectorAll('.phone-wall')) {
    if (wall instanceof HTMLElement) {
      wall.style.setProperty('--wall-tile', `url("/brand/choices/wall-${pattern.value}.svg")`);
    }
  }
});

/** @type {HTMLInputElement} */
const file = need('#mark-file');
file.addEventListener('change', async () => {
  const chosen = file.files?.[0];
  if (!chosen) {
    return;
  }
  let svg = '';
  if (chosen.type === 'image/svg+xml') {
    svg = await chosen.text();
  } else {
    try {
      svg = await traced(chosen);
    } catch {
      wrong.textContent = say('SVG나 PNG 파일을 골라 주세요.', 'Choose an SVG or PNG.');
      return;
    }
    if (svg === '') {
      wrong.textContent = say('이미지와 배경이 잘 나뉘지 않아요. 배경이 투명한 PNG를 골라 주세요.', 'The picture does not stand out from its background. Choose a PNG with a transparent one.');
      return;
    }
  }
  mark.value = svg;
  mark.dispatchEvent(new Event('input', { bubbles: true }));
});
void follow();
