import { Api, Problem } from './api.js';
import { ask } from './dialog.js';
import { need, told } from './dom.js';
import { busy, clearWrong, showWrong } from './form.js';
import { say } from './language.js';
import { Rows } from './rows.js';
import { announceNext } from './status.js';

// A document that is saved whole: some boxes and some lists, which replace what is stored (shared/ui/desk.WholeOf).

const form = /** @type {HTMLFormElement} */ (need('#whole'));
let { version, path, boxes = [], lists: named } = /** @type {{version: number, path: string, boxes?: string[], lists: string[]}} */ (told(form));
const api = new Api();
const lists = Object.fromEntries(named.map((name) => [name, new Rows(need(`[data-rows=${name}]`))]));

function content() {
  const text = (/** @type {string} */ name) => /** @type {HTMLTextAreaElement} */ (need(`#field-${name}`)).value;
  return { ...Object.fromEntries(boxes.map((name) => [name, text(name)])), ...Object.fromEntries(Object.entries(lists).map(([name, list]) => [name, list.values()])) };
}

let clean = JSON.stringify(content());
const changed = () => JSON.stringify(content()) !== clean;

async function save() {
  clearWrong(form);
  try {
    await api.send('PUT', path, { body: content(), version });
    clean = JSON.stringify(content());
    announceNext(say('저장했습니다.', 'Saved.'));
    location.reload();
  } catch (error) {
    if (!(error instanceof Problem) || error.status !== 412) {
      showWrong(form, error);
      return;
    }
    const choice = await ask(
      say('그사이 내용이 바뀌었습니다', 'This has changed meanwhile'),
      say('저장하면 그사이 고친 것은 사라집니다. 먼저 새 창에서 무엇이 바뀌었는지 볼 수 있습니다.', 'Saving replaces what was changed. You can look at it in a new window first.'),
      [
        { value: 'mine', label: say('내 것으로 저장', 'Save mine'), kind: 'primary' },
        { value: 'stored', label: say('저장된 것 불러오기', 'Load what is stored') },
      ],
    );
    if (choice === 'mine') {
      ({ version } = await api.send('GET', path));
      await save();
    } else if (choice === 'stored') {
      clean = JSON.stringify(content());
      location.reload();
    }
  }
}

form.addEventListener('submit', (event) => {
  event.preventDefault();
  void busy(need('#save'), save).catch((error) => showWrong(form, error));
});
form.addEventListener('input', () => {
  need('#saved').textContent = changed() ? say('저장하지 않은 변경이 있습니다.', 'There are unsaved changes.') : '';
});
addEventListener('beforeunload', (event) => {
  if (changed()) {
    event.preventDefault();
  }
});
