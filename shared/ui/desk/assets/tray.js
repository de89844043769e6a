import { checksum } from './checksum.js';
import { sleep } from './backoff.js';
import { element } from './dom.js';
import { durationOf, say, sizeOf } from './language.js';
import { put } from './put.js';
import { acceptOf, asJPEG, heifAdvice, isHEIF, limitOf } from './limits.js';
import { Queue } from './queue.js';
import { refusal } from './refusal.js';
import { announce } from './status.js';
import { Transfer } from './transfer.js';

/**
 * @typedef {import('./refusal.js').Purpose} Purpose
 * @typedef {import('./transfer.js').Upload} Upload
 * @typedef {import('./transfer.js').Saved} Saved
 *
 * Where a file was put while it is on its way.
 * @typedef {{arrived: (upload: Upload) => void, removed: () => void}} Place
 */

/** How often at most a row is redrawn, in milliseconds: what changes faster cannot be read. */
const redraw = 200;

/** @param {string} key */
const lockOf = (key) => `madang.upload.${key}`;

/** Files on their way: each a row with how far it is, how fast, and what can be done about it. */
export class Tray {
  #queue = new Queue((transfer) => navigator.locks.request(lockOf(transfer.saved.key), () => transfer.run()));
  /** @type {Set<Transfer>} */
  #under = new Set();
  #turns = 0;

  /**
   * @param {HTMLElement} list where the rows go
   * @param {object} given
   * @param {import('./api.js').Api} given.api
   * @param {import('./ledger.js').Ledger} given.ledger
   * @param {() => Purpose[]} given.purposes the first that a file fits is taken
   * @param {(upload: Upload, turn: number) => void} given.arrived turn counts the files as they were chosen
   * @param {boolean} [given.keeps] whether rows stay when their file has arrived
   */
  constructor(list, given) {
    this.list = list;
    this.given = given;
    this.tools = { api: given.api, ledger: given.ledger, checksum, put, sleep, now: () => performance.timeOrigin + performance.now(), random: Math.random };
  }

  /**
   * Says which files may be chosen, and how large they may be, before one is.
   * @param {HTMLInputElement} input
   */
  offer(input) {
    const purposes = this.given.purposes();
    input.accept = acceptOf(purposes);
    const hint = document.getElementById('files-limit') ?? element('p', { id: 'files-limit', class: 'hint' });
    hint.textContent = limitOf(purposes);
    input.setAttribute('aria-describedby', hint.id);
    input.closest('label')?.after(hint);
  }

  /** How many files are not there yet. */
  get pending() {
    return [...this.#under].filter((transfer) => !transfer.ended).length;
  }

  /**
   * @param {Iterable<File>} files
   * @param {(file: File) => Place} [place] what is done with each instead of given.arrived
   */
  async add(files, place) {
    for (const chosen of files) {
      const file = isHEIF(chosen) ? await asJPEG(chosen) : chosen;
      if (file === null) {
        this.#refused(chosen, heifAdvice());
        continue;
      }
      const purposes = this.given.purposes();
      const fits = purposes.find((purpose) => refusal(file, purpose) === null);
      const why = fits ? null : refusal(file, purposes[purposes.length - 1]);
      if (why !== null || !fits) {
        this.#refused(file, why ?? '');
        continue;
      }
      this.#show(Transfer.of(file, fits.name, this.tools), place?.(file));
    }
  }

  /**
   * Goes on with what was unfinished when a page was left, unless another tab does.
   * @param {(saved: Saved) => boolean} [wanted]
   */
  async restore(wanted = () => true) {
    const held = new Set((await navigator.locks.query()).held?.map((lock) => lock.name));
    for (const saved of await this.given.ledger.list(this.tools.now())) {
      if (held.has(lockOf(saved.key)) || !wanted(saved)) {
        continue;
      }
      if (saved.file) {
        this.#show(new Transfer(new File([saved.file], saved.name, { type: saved.type, lastModified: saved.modified }), saved, this.tools));
      } else {
        this.#ask(saved);
      }
    }
  }

  /** @param {File} file @param {string} why */
  #refused(file, why) {
    const row = element('li', { class: 'transfer failed' });
    row.append(
      element('p', { class: 'transfer-name' }, file.name),
      element('p', { class: 'transfer-status' }, why),
      element('div', { class: 'transfer-actions' }, button(say('닫기', 'Dismiss'), file.name, () => row.remove())),
    );
    this.list.append(row);
    announce(`${file.name}: ${why}`, 'bad');
  }

  /** A row that asks for a file which the browser could not keep. @param {Saved} saved */
  #ask(saved) {
    const row = element('li', { class: 'transfer' });
    const choose = element('input', {
      type: 'file',
      'aria-label': say(`${saved.name} 다시 고르기`, `Choose ${saved.name} again`),
      change: () => {
        const file = choose.files?.[0];
        if (!file) {
          return;
        }
        if (file.size !== saved.size || file.name !== saved.name) {
          announce(say('다른 파일입니다. 올리던 그 파일을 고르세요.', 'This is another file. Choose the one that was being uploaded.'), 'bad');
          return;
        }
        row.remove();
        this.#show(new Transfer(file, { ...saved, sum: '' }, this.tools));
      },
    });
    row.append(
      element('p', { class: 'transfer-name' }, saved.name),
      element('p', { class: 'transfer-status' }, say('올리다 멈춘 파일입니다. 다시 고르면 이어서 올립니다.', 'This upload was interrupted. Choose the file again to go on.')),
      choose,
      element(
        'div',
        { class: 'transfer-actions' },
        button(say('지우기', 'Discard'), saved.name, () => {
          row.remove();
          void new Transfer(new File([], saved.name), saved, this.tools).cancel();
        }),
      ),
    );
    this.list.append(row);
  }

  /** @param {Transfer} transfer @param {Place} [place] */
  #show(transfer, place) {
    const { name } = transfer.file;
    const turn = this.#turns++;
    const status = element('p', { class: 'transfer-status' });
    const bar = element('progress', { max: Math.max(1, transfer.file.size), value: 0, 'aria-label': say(`${name} 진행`, `Progress of ${name}`) });
    const pause = button(say('멈춤', 'Pause'), name, () => {
      this.#queue.drop(transfer);
      transfer.pause();
    });
    const resume = button(say('이어 올리기', 'Resume'), name, () => this.#queue.add(transfer));
    const row = element('li', { class: 'transfer' });
    const remove = button(say('빼기', 'Remove'), name, () => {
      this.#queue.drop(transfer);
      this.#under.delete(transfer);
      void transfer.cancel();
      row.remove();
      place?.removed();
    });
    row.append(element('p', { class: 'transfer-name' }, name), bar, status, element('div', { class: 'transfer-actions' }, pause, resume, remove));
    this.list.append(row);
    this.#under.add(transfer);
    let drawn = '';
    let at = 0;
    const draw = () => {
      const now = performance.now();
      if (transfer.state === drawn && now - at < redraw) {
        return;
      }
      at = now;
      bar.value = transfer.bytes;
      status.textContent = statusOf(transfer);
      if (transfer.state !== drawn) {
        drawn = transfer.state;
        row.dataset.state = drawn;
        const over = drawn === 'failed' || drawn === 'refused';
        row.classList.toggle('failed', over);
        const going = drawn === 'checking' || drawn === 'sending' || drawn === 'offline' || drawn === 'waiting';
        const focused = document.activeElement;
        pause.hidden = !going;
        resume.hidden = drawn !== 'paused' && drawn !== 'failed';
        relabel(resume, drawn === 'failed' && !transfer.begun ? say('다시 올리기', 'Upload again') : say('이어 올리기', 'Resume'), name);
        if (focused === pause && !going) {
          (resume.hidden ? remove : resume).focus(); // what takes its place
        } else if (focused === resume && !pause.hidden) {
          pause.focus();
        }
        remove.hidden = drawn === 'verifying' || drawn === 'done';
        bar.hidden = over || drawn === 'done';
      }
    };
    transfer.addEventListener('change', () => {
      const before = drawn;
      draw();
      if (transfer.state === 'done' && before !== 'done' && transfer.upload) {
        place ? place.arrived(transfer.upload) : this.given.arrived(transfer.upload, turn);
        announce(say(`${name}: 다 올렸습니다.`, `${name} is uploaded.`), 'good');
        if (!this.given.keeps) {
          row.remove();
        }
      } else if ((transfer.state === 'failed' || transfer.state === 'refused') && before !== transfer.state) {
        announce(`${name}: ${transfer.reason}`, 'bad');
      }
    });
    draw();
    this.#queue.add(transfer);
  }
}

/** @param {string} label @param {string} name @param {() => void} act */
function button(label, name, act) {
  return element('button', { type: 'button', class: 'button small quiet', 'aria-label': `${label}: ${name}`, click: act }, label);
}

/** @param {HTMLElement} button @param {string} label @param {string} name */
function relabel(button, label, name) {
  button.textContent = label;
  button.setAttribute('aria-label', `${label}: ${name}`);
}

/**
 * How far a transfer is, in words.
 * @param {Transfer} transfer
 */
export function statusOf(transfer) {
  const { size } = transfer.file;
  switch (transfer.state) {
    case 'waiting':
      return say(`${sizeOf(size)} · 순서를 기다립니다`, `${sizeOf(size)} · waiting`);
    case 'checking':
      return say(`${sizeOf(size)} · 확인값을 계산합니다`, `${sizeOf(size)} · computing the checksum`);
    case 'sending': {
      const parts = [say(`${sizeOf(size)} 중 ${sizeOf(transfer.bytes)}`, `${sizeOf(transfer.bytes)} of ${sizeOf(size)}`)];
      if (transfer.speed > 0) {
        parts.push(say(`초당 ${sizeOf(transfer.speed)}`, `${sizeOf(transfer.speed)}/s`), say(`${durationOf(transfer.left)} 남음`, `${durationOf(transfer.left)} left`));
      }
      return parts.join(' · ');
    }
    case 'paused':
      return say(`${sizeOf(size)} 중 ${sizeOf(transfer.bytes)} · 멈췄습니다`, `${sizeOf(transfer.bytes)} of ${sizeOf(size)} · paused`);
    case 'offline':
      return say(`${sizeOf(size)} 중 ${sizeOf(transfer.bytes)} · 연결이 끊겨 다시 시도합니다`, `${sizeOf(transfer.bytes)} of ${sizeOf(size)} · connection lost, trying again`);
    case 'verifying':
      return say('서버가 파일을 확인합니다', 'The server verifies the file');
    case 'done':
      return say(`${sizeOf(size)} · 다 올렸습니다`, `${sizeOf(size)} · uploaded`);
    default:
      return transfer.reason;
  }
}

/**
 * Takes files that are dropped anywhere on a zone, or chosen in its input.
 * @param {HTMLElement} zone
 * @param {HTMLInputElement} input
 * @param {(files: File[]) => void} take
 */
export function dropZone(zone, input, take) {
  let over = 0;
  const mark = (/** @type {number} */ step) => {
    over = Math.max(0, over + step);
    zone.classList.toggle('over', over > 0);
  };
  const carries = (/** @type {DragEvent} */ event) => event.dataTransfer?.types.includes('Files') ?? false;
  zone.addEventListener('dragenter', (event) => carries(event) && mark(1));
  zone.addEventListener('dragleave', (event) => carries(event) && mark(-1));
  zone.addEventListener('dragover', (event) => carries(event) && event.preventDefault());
  zone.addEventListener('drop', (event) => {
    if (carries(event)) {
      event.preventDefault();
      mark(-over);
      take([...(event.dataTransfer?.files ?? [])]);
    }
  });
  input.addEventListener('change', () => {
    take([...(input.files ?? [])]);
    input.value = '';
  });
}
