// Keys of the header. Without this script everything is reached by Tab.

/** The menu that is open: one at a time. @returns {HTMLDetailsElement | null} */
const opened = () => document.querySelector('.groups details[open]');

// The key / leads to the search field, where nobody is typing; Escape closes the menu that is open, and is back at its name.
addEventListener('keydown', (event) => {
  const at = event.target;
  const open = opened();
  if (event.key === 'Escape' && open && !event.isComposing) {
    const within = open.contains(document.activeElement);
    open.open = false;
    if (within) {
      open.querySelector('summary')?.focus();
    }
    return;
  }
  const typing = at instanceof HTMLElement && (at.isContentEditable || at.closest('input, textarea, select'));
  if (event.key !== '/' || typing || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) {
    return;
  }
  // A phone's header shows no field: there it is the page's own, or none.
  const field = [...document.querySelectorAll('#find, #seek')].find((one) => one.getClientRects().length > 0);
  if (field instanceof HTMLInputElement) {
    event.preventDefault();
    field.focus();
    field.select();
  }
});

// Whoever goes elsewhere, by pointer or by Tab, leaves no menu open over the page.
for (const left of ['click', 'focusin']) {
  addEventListener(left, (event) => {
    const open = opened();
    if (open && event.target instanceof Node && !open.contains(event.target)) {
      open.open = false;
    }
  });
}
