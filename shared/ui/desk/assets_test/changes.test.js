import assert from 'node:assert/strict';
import { test } from 'node:test';

import { changedBy, planned } from '../assets/changes.js';

const now = Date.parse('2026-11-29T12:00:00+09:00');
const later = '2026-12-03T18:00:00+09:00';
const of = (/** @type {string} */ state, more = {}) => ({
  id: state, version: 3, state, unit: '총학', title: state, body: '글', titleEn: 'E', bodyEn: 'e', tags: ['행사'], attachments: [{ id: 'file' }], publishAt: '2026-11-01T00:00:00Z', pinnedUntil: later, urgentUntil: later, ...more,
});

test('what is changed of a notice is what was asked, and nothing else', () => {
  const whole = { unit: '총학', title: 'published', body: '글', titleEn: 'E', bodyEn: 'e', tags: ['행사'], attachments: ['file'], publishAt: '2026-11-01T00:00:00Z', unpublishAt: undefined, pinnedUntil: later, urgentUntil: later };
  assert.deepEqual(changedBy('withdraw', of('published'), '', now), { ...whole, unpublishAt: '2026-11-29T03:00:00.000Z' });
  assert.deepEqual(changedBy('withdraw', of('scheduled', { title: 'published' }), '', now), { ...whole, publishAt: undefined });
  assert.deepEqual(changedBy('tag', of('published'), '모집', now), { ...whole, tags: ['행사', '모집'] });
  assert.deepEqual(changedBy('unpin', of('published'), '', now), { ...whole, pinnedUntil: undefined });
});

test('what would not change is left alone, and said', () => {
  const list = [of('published'), of('scheduled'), of('draft', { pinnedUntil: undefined }), of('archived', { pinnedUntil: '2026-11-28T00:00:00Z' })];
  const withdrawn = planned('withdraw', list, '', now);
  assert.deepEqual(withdrawn.changes.map((one) => one.state), ['published', 'scheduled']);
  assert.equal(withdrawn.said.length, 3);
  assert.deepEqual(planned('unpin', list, '', now).changes.map((one) => one.state), ['published', 'scheduled']);
  assert.deepEqual(planned('tag', list, '모집', now).changes.length, 4);
  assert.deepEqual(planned('tag', list, ' 행사 '.trim(), now), { ...planned('tag', list, '행사', now), changes: [] });
  assert.notEqual(planned('tag', list, '', now).refused, '');
});
