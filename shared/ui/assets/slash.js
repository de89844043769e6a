// The key / leads to the search field, where nobody is typing. Without this script it is reached by Tab.
addEventListener('keydown', (event) => {
  const at = event.target;
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
