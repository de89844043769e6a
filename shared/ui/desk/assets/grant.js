import { Problem } from './api.js';
import { need, told } from './dom.js';
import { showWrong } from './form.js';
import { say } from './language.js';
import { fromInput, spoken, timed } from './seoul.js';

// Giving a role: until when is typed, or that there is no end is ticked, and what will happen is said as a question before
// actions.js sends it.

/** @param {HTMLFormElement} form */
function offer(form) {
  /** @type {{name: string}} */
  const { name } = told(form);
  const until = /** @type {HTMLInputElement} */ (need('#field-until', form));
  const endless = /** @type {HTMLInputElement} */ (need('#field-endless', form));
  const chosen = (/** @type {string} */ box) => /** @type {HTMLSelectElement} */ (need(`#field-${box}`, form)).selectedOptions[0]?.text ?? '';

  endless.addEventListener('change', () => {
    until.disabled = endless.checked;
    until.required = !endless.checked;
  });
  form.addEventListener('submit', (event) => {
    const end = endless.checked ? '' : fromInput(until.value);
    if (end === undefined || (end !== '' && !timed(end))) {
      event.preventDefault();
      event.stopPropagation();
      const [code, message] = end === undefined
        ? ['required', say('역할이 끝나는 때를 정하거나 ‘끝나는 날 없음’을 고르세요.', 'Say when the role ends, or choose “No end of term”.')]
        : ['malformed-time', say('연도를 네 자리로 쓰세요.', 'Write the year with four digits.')];
      showWrong(form, new Problem(422, { detail: say('입력한 값을 확인하세요.', 'Check the input.'), errors: [{ field: 'until', code, message }] }));
      return;
    }
    const [role, unit] = [chosen('role'), chosen('unit')];
    form.dataset.confirm = say(
      `${name} 님에게 ${unit}의 ${role} 역할을 ${end === '' ? '끝나는 날 없이' : `${spoken(end, 'ko')}까지`} 줄까요?`,
      `Give ${name} the role ${role} (${unit}) ${end === '' ? 'with no end of term' : `until ${spoken(end, 'en')}`}?`,
    );
  });
}

const form = document.querySelector('#grant');
if (form instanceof HTMLFormElement) {
  offer(form);
}
