// A page is shared, its address or another one copied, or printed: each button shows itself where the browser can.
const can = { share: 'share' in navigator, copy: 'clipboard' in navigator, print: true };
const said = document.querySelector('[data-shared]');

for (const button of document.querySelectorAll('[data-share]')) {
  const does = button.dataset.share;
  button.hidden = !can[does];
  button.addEventListener('click', async () => {
    try {
      if (does === 'share') await navigator.share({ title: document.querySelector('h1').innerText, url: location.href });
      if (does === 'copy') {
        await navigator.clipboard.writeText(button.dataset.address ?? location.href);
        said.textContent = button.dataset.done;
      }
      if (does === 'print') print();
    } catch {
      // Whoever closes the sheet has not shared, and nothing is wrong.
    }
  });
}
