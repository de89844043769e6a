import assert from 'node:assert/strict';
import { test } from 'node:test';

import { fromInput, spoken, timed, toInput } from '../assets/seoul.js';

test('a time is typed in Seoul', () => {
  assert.equal(fromInput('2026-12-03T18:00'), '2026-12-03T09:00:00.000Z');
  assert.equal(toInput('2026-12-03T09:00:00Z'), '2026-12-03T18:00');
  assert.equal(fromInput(''), undefined);
  assert.equal(fromInput('2026-12-03T18:00', '2026-12-03T09:00:30Z'), '2026-12-03T09:00:30Z');
});

test('a year of six digits is left to the API to refuse', () => {
  assert.equal(fromInput('202711-01-01T00:00'), '202711-01-01T00:00');
  assert.equal(timed('202711-01-01T00:00'), false);
  assert.equal(timed('2027-11-01T00:00'), true);
});

test('a time is said with 24 hours', () => {
  assert.match(spoken('2026-12-03T14:59:00Z', 'ko'), /23:59$/);
  assert.match(spoken('2026-12-03T14:59:00Z', 'en'), /23:59$/);
  assert.match(spoken('2026-12-03T15:00:00Z', 'ko'), / 00:00$/);
});
