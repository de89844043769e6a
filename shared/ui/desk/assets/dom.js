/**
 * Makes an element.
 * @template {keyof HTMLElementTagNameMap} Name
 * @param {Name} name
 * @param {Record<string, string | number | boolean | ((event: any) => void)>} [attributes] a function listens to the event of its name
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[Name]}
 */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === 'function') {
      made.addEventListener(key, value);
    } else if (value === true) {
      made.setAttribute(key, '');
    } else if (value !== false) {
      made.setAttribute(key, String(value));
    }
  }
  made.append(...children);
  return made;
}

/**
 * The element that the page must have.
 * @template {HTMLElement} [T=HTMLElement]
 * @param {string} selector
 * @param {ParentNode} [within]
 * @returns {T}
 */
export function need(selector, within = document) {
  const found = within.querySelector(selector);
  if (!found) {
    throw new Error(`the page lacks ${selector}`);
  }
  return /** @type {T} */ (found);
}

/**
 * Replaces what an element holds by markup that the server made and sanitised.
 * @param {Element} target
 * @param {string} html
 */
export function fill(target, html) {
  target.replaceChildren(...new DOMParser().parseFromString(html, 'text/html').body.childNodes);
}

/**
 * What the server told the page's modules.
 * @template T
 * @param {HTMLElement} holder
 * @returns {T}
 */
export function told(holder) {
  return JSON.parse(holder.dataset.told ?? '{}');
}
