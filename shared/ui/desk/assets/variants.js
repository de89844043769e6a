/** @typedef {import('./transfer.js').Upload} Upload */

/** How often a picture is asked for, longer and longer apart: for about a minute. */
const tries = 20;

/**
 * Waits for the small forms of a picture, which are made some seconds after it arrived.
 * @param {import('./api.js').Api} api
 * @param {Upload} file
 * @param {() => boolean} wanted whether anybody still waits
 * @returns {Promise<Upload | null>} null where they did not come, or nobody waits any more
 */
export async function variantsOf(api, file, wanted) {
  for (let i = 0; i < tries; i++) {
    await new Promise((resolve) => setTimeout(resolve, 500 + i * 250));
    if (!wanted()) {
      return null;
    }
    try {
      const { body } = await api.send('GET', `/v1/uploads/${file.id}`);
      if (body.variants.length > 0) {
        return wanted() ? body : null;
      }
    } catch {
      return null; // it is shown without
    }
  }
  return null;
}
