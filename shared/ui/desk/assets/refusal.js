import { say, sizeOf } from './language.js';

/**
 * What may be uploaded for a purpose, as the server says it.
 * @typedef {{name: string, limit: number, images: boolean, types: Record<string, string[]>}} Purpose
 * types: extension to the media types that may be declared for it
 */

/**
 * Why a file will not be taken, before a byte of it is sent; null if it may be. The server
 * looks at the bytes themselves in the end.
 * @param {{name: string, size: number, type: string}} file
 * @param {Purpose} purpose
 * @returns {string | null}
 */
export function refusal(file, purpose) {
  const dot = file.name.lastIndexOf('.');
  const extension = dot < 0 ? '' : file.name.slice(dot + 1).toLowerCase();
  const types = purpose.types[extension];
  if (!types) {
    const names = Object.keys(purpose.types).join(', ');
    return purpose.images
      ? say(`이미지만 올릴 수 있습니다(${names}).`, `Only pictures are accepted (${names}).`)
      : say(`올릴 수 없는 형식입니다. 올릴 수 있는 형식: ${names}`, `This file type isn’t accepted. Accepted types: ${names}`);
  }
  const declared = file.type.split(';')[0].toLowerCase();
  if (declared !== '' && declared !== 'application/octet-stream' && !types.includes(declared)) {
    return say(`이름은 .${extension}인데 내용은 ${declared}입니다.`, `It is called .${extension} but is ${declared}.`);
  }
  if (file.size === 0) {
    return say('빈 파일입니다.', 'The file is empty.');
  }
  if (file.size > purpose.limit) {
    const most = Math.floor(purpose.limit / 2 ** 20); // where people read 10 MB, 10 MiB are taken
    return say(`${sizeOf(file.size)}는 너무 큽니다. ${most} MB까지 올릴 수 있습니다.`, `${sizeOf(file.size)} is too large. The limit is ${most} MB.`);
  }
  return null;
}
