// The token of a link that sets a new password stands behind its #, which browsers send to
// nobody. It is put into the form, and out of the address.
const box = document.querySelector('#field-token');
const token = decodeURIComponent(location.hash.slice(1));
if (box && token) {
  box.value = token;
  box.closest('.field').hidden = true;
  history.replaceState(null, '', location.pathname);
  document.querySelector('#field-password')?.focus();
}
