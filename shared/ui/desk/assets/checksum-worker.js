import { digest } from './digest.js';

/** How often at most the page is told, in milliseconds. */
const interval = 100;

addEventListener('message', async ({ data }) => {
  let told = 0;
  try {
    const sum = await digest(data.stream(), (bytes) => {
      const now = performance.now();
      if (now - told >= interval) {
        told = now;
        postMessage({ bytes });
      }
    });
    postMessage({ sum });
  } catch (error) {
    postMessage({ error: String(error) });
  }
});
