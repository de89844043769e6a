// A password is shown while its button is pressed in, and never when its form is sent: browsers would keep it among
// what was typed.
for (const button of document.querySelectorAll('[data-reveal]')) {
  const box = document.getElementById(button.dataset.reveal);
  const show = shown => {
    box.type = shown ? 'text' : 'password';
    button.setAttribute('aria-pressed', String(shown));
  };
  button.hidden = false;
  button.addEventListener('click', () => show(box.type === 'password'));
  box.form.addEventListener('submit', () => show(false));
}
