import { Api, newKey } from './api.js';
import { confirmed } from './dialog.js';
import { busy, showWrong, valuesOf } from './form.js';
import { say } from './language.js';
import { fromInput } from './seoul.js';
import { announceKept, announceNext } from './status.js';

// Forms that say themselves which operation of the API they stand for:
//   data-method="PUT" data-action="/v1/things/{role}"  where it goes; {name} is a box's value
//   data-version="3"     for If-Match
//   data-query="unit"    names of boxes that go into the address
//   data-confirm="…"     what is asked before
//   data-said="…"        what the next page says
//   data-next="/…"       the next page; this one again if absent

const api = new Api();

/** @param {HTMLFormElement} form @param {HTMLElement | null} button */
async function act(form, button) {
  const { method = 'POST', action = '', version, query = '', confirm, said = '', next } = form.dataset;
  if (button?.getAttribute('aria-disabled') === 'true' || (confirm && !(await confirmed(confirm, button?.textContent ?? say('계속', 'Go on'))))) {
    return;
  }
  const values = valuesOf(form, fromInput);
  const path = action.replace(/\{(\w+)\}/g, (_, name) => {
    const value = encodeURIComponent(String(values[name]));
    delete values[name];
    return value;
  });
  const search = new URLSearchParams();
  for (const name of query.split(' ').filter((one) => one !== '')) {
    search.set(name, String(values[name]));
    delete values[name];
  }
  const address = search.size > 0 ? `${path}?${search}` : path;
  const key = (form.dataset.key ??= newKey());
  try {
    await busy(button, () =>
      api.send(method, address, {
        body: method === 'DELETE' ? undefined : values,
        key: method === 'POST' ? key : undefined,
        version: version ? Number(version) : undefined,
      }),
    );
    announceNext(said);
    next ? location.assign(next) : location.reload();
  } catch (error) {
    delete form.dataset.key; // what was refused is another attempt next time
    showWrong(form, error);
  }
}

addEventListener('submit', (event) => {
  if (event.target instanceof HTMLFormElement && event.target.dataset.action) {
    event.preventDefault();
    void act(event.target, event.submitter);
  }
});

announceKept();
