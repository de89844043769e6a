import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';

import { digest } from '../assets/digest.js';

/** @param {Uint8Array[]} chunks */
const streamOf = (chunks) => new ReadableStream({ start: (c) => (chunks.forEach((chunk) => c.enqueue(chunk)), c.close()) });

test('the digest of a stream is that of its bytes, however they are cut', async () => {
  for (const sizes of [[], [0], [1], [55], [56], [64], [63, 1, 65], [1000, 1, 100_000, 7], [1 << 20, 1 << 20, 3]]) {
    const chunks = sizes.map((size, i) => Uint8Array.from({ length: size }, (_, j) => (j * 31 + i * 7) & 255));
    const whole = createHash('sha256');
    chunks.forEach((chunk) => whole.update(chunk));
    let read = 0;
    assert.equal(await digest(streamOf(chunks), (bytes) => (read = bytes)), whole.digest('hex'), `${sizes}`);
    assert.equal(read, sizes.reduce((a, b) => a + b, 0));
  }
});

test('a stream that breaks off has no digest', async () => {
  const broken = new ReadableStream({ pull: (c) => c.error(new Error('gone')) });
  await assert.rejects(digest(broken, () => {}), /gone/);
});
