import { say } from './language.js';
import { announce } from './status.js';

/**
 * A list with one of its members at another place.
 * @template T
 * @param {T[]} list
 * @param {number} from
 * @param {number} to may lie outside: it is then the nearest end
 * @returns {T[]}
 */
export function moved(list, from, to) {
  const result = [...list];
  const [one] = result.splice(from, 1);
  result.splice(Math.max(0, Math.min(to, result.length)), 0, one);
  return result;
}

/**
 * Lets the children of a list be put in order: by dragging their handle with mouse, pen or
 * finger, by the arrow keys on the handle, and by buttons with data-move="up" and "down".
 * Done is called once the order has changed and nobody holds anything any more.
 * @param {HTMLElement} list
 * @param {() => void} done
 */
export function orderable(list, done) {
  const items = () => /** @type {HTMLElement[]} */ ([...list.children]);

  /** @param {HTMLElement} item @param {number} to @param {HTMLElement | null} focus */
  const place = (item, to, focus) => {
    const before = items();
    const from = before.indexOf(item);
    const after = moved(before, from, to);
    const now = after.indexOf(item);
    if (now === from) {
      return;
    }
    list.insertBefore(item, after[now + 1] ?? null);
    focus?.focus();
    announce(say(`${now + 1}번째로 옮겼습니다. 모두 ${after.length}개입니다.`, `Moved to place ${now + 1} of ${after.length}.`));
    done();
  };

  /** @param {EventTarget | null} target @param {string} selector */
  const within = (target, selector) => {
    const part = target instanceof Element ? target.closest(selector) : null;
    const item = items().find((one) => one.contains(part));
    return part instanceof HTMLElement && item ? { part, item } : null;
  };

  list.addEventListener('click', (event) => {
    const found = within(event.target, '[data-move]');
    if (found) {
      const at = items().indexOf(found.item);
      place(found.item, found.part.dataset.move === 'up' ? at - 1 : at + 1, found.part);
    }
  });

  list.addEventListener('keydown', (event) => {
    const found = within(event.target, '[data-handle]');
    const at = found ? items().indexOf(found.item) : -1;
    const to = { ArrowUp: at - 1, ArrowLeft: at - 1, ArrowDown: at + 1, ArrowRight: at + 1, Home: 0, End: items().length }[event.key];
    if (found && to !== undefined) {
      event.preventDefault();
      place(found.item, to, found.part);
    }
  });

  list.addEventListener('pointerdown', (event) => {
    const found = within(event.target, '[data-handle]');
    if (!found || event.button !== 0) {
      return;
    }
    const { part: handle, item } = found;
    const before = items();
    event.preventDefault();
    handle.focus();
    handle.setPointerCapture(event.pointerId);
    item.classList.add('dragging');
    /** @param {PointerEvent} move */
    const follow = (move) => {
      // The others step aside: what is held stays where it is in the document, or the
      // browser would take the pointer from it.
      const middle = (/** @type {Element} */ one) => one.getBoundingClientRect().top + one.getBoundingClientRect().height / 2;
      for (let next = item.nextElementSibling; next && move.clientY > middle(next); next = item.nextElementSibling) {
        list.insertBefore(next, item);
      }
      for (let previous = item.previousElementSibling; previous && move.clientY < middle(previous); previous = item.previousElementSibling) {
        list.insertBefore(previous, item.nextElementSibling);
      }
    };
    const drop = () => {
      handle.removeEventListener('pointermove', follow);
      handle.removeEventListener('pointerup', drop);
      handle.removeEventListener('pointercancel', drop);
      item.classList.remove('dragging');
      if (items().some((one, i) => one !== before[i])) {
        announce(say(`${items().indexOf(item) + 1}번째로 옮겼습니다.`, `Moved to place ${items().indexOf(item) + 1}.`));
        done();
      }
    };
    handle.addEventListener('pointermove', follow);
    handle.addEventListener('pointerup', drop);
    handle.addEventListener('pointercancel', drop);
  });
}

/**
 * The buttons by which something is put in order.
 * @param {string} name of what is moved, for screen readers
 * @returns {{mark: string, label: string, data: Record<string, string>}[]}
 */
export function orderButtons(name) {
  return [
    { mark: '⠿', label: say(`${name} 옮기기: 끌거나 화살표 키`, `Move ${name}: drag, or arrow keys`), data: { 'data-handle': '' } },
    { mark: '↑', label: say(`${name} 위로`, `${name}: up`), data: { 'data-move': 'up' } },
    { mark: '↓', label: say(`${name} 아래로`, `${name}: down`), data: { 'data-move': 'down' } },
  ];
}
