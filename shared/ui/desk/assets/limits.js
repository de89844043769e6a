import { say } from './language.js';

/** @typedef {import('./refusal.js').Purpose} Purpose */

/**
 * What a file input may offer: the extensions of these purposes, and with pictures those of an iPhone, which are converted.
 * @param {Purpose[]} purposes
 */
export function acceptOf(purposes) {
  const extensions = new Set(purposes.flatMap((purpose) => Object.keys(purpose.types)));
  if (extensions.has('jpg')) {
    extensions.add('heic').add('heif');
  }
  return [...extensions].map((extension) => `.${extension}`).join(',');
}

/**
 * How large a file may be, in words.
 * @param {Purpose[]} purposes
 */
export function limitOf(purposes) {
  const most = Math.floor(Math.max(0, ...purposes.map((purpose) => purpose.limit)) / 2 ** 20);
  return say(`한 파일에 ${most} MB까지 올릴 수 있습니다.`, `A file may have up to ${most} MB.`);
}

/** @param {{name: string, type: string}} file */
export function isHEIF(file) {
  return /^image\/hei[cf](-sequence)?$/i.test(file.type) || /\.(hei[cf]s?|hif)$/i.test(file.name);
}

/** What to do with a picture of an iPhone that this browser cannot convert. */
export function heifAdvice() {
  return say(
    "이 브라우저는 아이폰의 HEIC 사진을 JPEG로 바꾸지 못합니다. 아이폰에서는 설정 > 카메라 > 포맷에서 '높은 호환성'을 고르거나, 사진을 파일 앱에 복사해 '이미지 변환'에서 JPEG를 고르세요. 맥에서는 미리보기의 '내보내기'로, 윈도우에서는 사진 앱의 '다른 이름으로 저장'으로 바꿉니다.",
    'This browser cannot convert HEIC pictures of iPhones to JPEG. On the iPhone choose Settings > Camera > Formats > Most Compatible, or copy the photo to Files and choose Convert Image; on a Mac export it from Preview; on Windows use Save as in Photos.',
  );
}

/** The longest side of a converted picture in pixels: what a variant shows several times over. */
const longest = 6000;

/**
 * A picture of an iPhone as JPEG, upright, without where it was taken; null where the browser cannot read it.
 * @param {File} file
 * @returns {Promise<File | null>}
 */
export async function asJPEG(file) {
  try {
    const picture = await createImageBitmap(file);
    const scale = Math.min(1, longest / Math.max(picture.width, picture.height));
    const canvas = new OffscreenCanvas(Math.round(picture.width * scale), Math.round(picture.height * scale));
    canvas.getContext('2d')?.drawImage(picture, 0, 0, canvas.width, canvas.height);
    picture.close();
    const jpeg = await canvas.convertToBlob({ type: 'image/jpeg', quality: 0.92 });
    return jpeg.type === 'image/jpeg' ? new File([jpeg], file.name.replace(/\.[^.]*$/, '') + '.jpg', { type: 'image/jpeg', lastModified: file.lastModified }) : null;
  } catch {
    return null;
  }
}
