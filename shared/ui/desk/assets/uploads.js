import { Api } from './api.js';
import { need, told } from './dom.js';
import { Ledger } from './ledger.js';
import { Tray, dropZone } from './tray.js';

/** @type {{member: string, purposes: import('./refusal.js').Purpose[]}} */
const { member, purposes } = told(need('#uploads'));
const purpose = /** @type {HTMLSelectElement} */ (need('#field-purpose'));

const tray = new Tray(need('#transfers'), {
  api: new Api(),
  ledger: new Ledger(member),
  purposes: () => purposes.filter((one) => one.name === purpose.value),
  arrived: () => {},
  keeps: true,
});

for (const hint of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll('[data-purpose]'))) {
  const show = () => (hint.hidden = hint.dataset.purpose !== purpose.value);
  purpose.addEventListener('change', show);
  show();
}

const input = /** @type {HTMLInputElement} */ (need('#files'));
purpose.addEventListener('change', () => tray.offer(input));
tray.offer(input);
dropZone(document.body, input, (files) => void tray.add(files));
void tray.restore();
