import { Api } from './api.js';
import { need } from './dom.js';
import { say } from './language.js';
import { orderable } from './order.js';
import { announce } from './status.js';

const api = new Api();
const list = need('#banners');

/** The order that is saved, and the save that is under way. */
let saving = Promise.resolve();

const ids = () => [...list.children].map((item) => /** @type {HTMLElement} */ (item).dataset.id ?? '');

orderable(list, () => {
  const wanted = ids();
  saving = saving.then(async () => {
    if (String(wanted) !== String(ids())) {
      return; // it was moved on meanwhile: a later save says it all
    }
    try {
      await api.send('PUT', '/v1/banners/order', { body: { ids: wanted } });
      need('#order-state').textContent = say('순서를 저장했습니다.', 'The order is saved.');
    } catch (error) {
      announce(`${say('순서를 저장하지 못했습니다. 새로 고친 뒤 다시 하세요.', 'The order could not be saved. Reload and try again.')} ${error instanceof Error ? error.message : ''}`, 'bad');
      need('#order-state').textContent = '';
    }
  });
});
