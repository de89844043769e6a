import assert from 'node:assert/strict';
import { test } from 'node:test';

import { brief, sentence, undescribed } from '../assets/sentence.js';

const now = Date.parse('2026-11-29T12:00:00+09:00');

test('a time is short, and midnight the end of a day', () => {
  for (const [iso, ko, en] of [
    ['2026-12-03T18:00:00+09:00', '12. 3. 18:00', '3 Dec 18:00'],
    ['2026-12-04T00:00:00+09:00', '12. 3. 24:00', '3 Dec 24:00'],
    ['2027-01-01T00:00:00+09:00', '12. 31. 24:00', '31 Dec 24:00'],
    ['2027-01-01T00:30:00+09:00', '2027. 1. 1. 00:30', '1 Jan 2027 00:30'],
    ['2026-11-30T15:00:00Z', '11. 30. 24:00', '30 Nov 24:00'],
  ]) {
    assert.equal(brief(iso, 'ko', now), ko);
    assert.equal(brief(iso, 'en', now), en);
  }
});

test('a sentence says what will happen, and nothing that is over', () => {
  const pinned = '2026-12-03T18:00:00+09:00';
  const past = '2026-11-28T18:00:00+09:00';
  assert.equal(sentence({ does: 'now', pinned }, 'ko', now), '지금 게시 · 맨 위 고정 12. 3. 18:00까지');
  assert.equal(sentence({ does: 'now', pinned, urgent: pinned, ends: pinned, english: true }, 'en', now), 'Publish now · above every page until 3 Dec 18:00 · pinned until 3 Dec 18:00 · taken down on 3 Dec 18:00 · in English, too');
  assert.equal(sentence({ does: 'keep', pinned: past }, 'ko', now), '저장하면 초안으로 남음');
  assert.equal(sentence({ does: 'keep', pinned, english: true }, 'ko', now), '저장하면 초안으로 남음 · 게시하면 맨 위 고정 12. 3. 18:00까지 · 영어로도');
  assert.equal(sentence({ does: 'now', unsaid: 2 }, 'ko', now), '지금 게시 · 설명이 없는 사진 2장');
  assert.equal(sentence({ does: 'keep', unsaid: 1 }, 'en', now), 'Saving keeps it as a draft · 1 picture has no description');
  assert.equal(sentence({ does: 'edit', pinned: past, urgent: past, ends: past }, 'ko', now), '고친 글이 바로 보임');
  assert.equal(sentence({ does: 'schedule', at: pinned }, 'ko', now), '12. 3. 18:00에 게시');
  assert.equal(sentence({ does: 'schedule' }, 'ko', now), '게시할 때를 정하세요');
  assert.equal(sentence({ does: 'withdraw', pinned }, 'ko', now), '게시를 내리고 초안으로 · 아무에게도 보이지 않음');
  assert.equal(sentence({ does: 'ask', pinned }, 'ko', now), '동료가 승인하면 게시할 수 있음');
  assert.equal(sentence({ does: 'unschedule', at: pinned }, 'en', now), 'No longer scheduled: what is edited needs approval again');
  assert.equal(sentence({ does: 'frozen' }, 'ko', now), '저장할 수 없음 · 초안으로 내려서 고치고 다시 승인받으세요');
});

test('what has ended says how it is published again', () => {
  assert.equal(sentence({ does: 'ended', ends: '2026-11-28T18:00:00+09:00' }, 'ko', now), '게시가 끝난 그대로 · 다시 게시하려면 ‘게시를 끝낼 때’를 비우세요');
  assert.equal(sentence({ does: 'again', pinned: '2026-12-03T18:00:00+09:00' }, 'en', now), 'Saving publishes it again · pinned until 3 Dec 18:00');
});

test('a picture without words is found', () => {
  for (const [text, n] of [['', 0], ['![](upload:1)', 1], ['![ ](upload:1) ![단풍](upload:2)\n\n![](upload:3)', 2], ['[](https://a.kr)', 0]]) {
    assert.equal(undescribed([String(text)], []).length, n);
  }
  const files = [{ id: '1', alt: '가을 축제' }, { id: '2', alt: ' ' }, { id: '3' }];
  assert.equal(undescribed(['![](upload:1) ![](upload:2)\n\n![](upload:3) ![](upload:4)'], files).length, 3);
});

test('a picture below the text is found, too, behind those in the texts', () => {
  const files = [{ id: '1', type: 'image/png' }, { id: '2', type: 'application/pdf' }, { id: '3', type: 'image/jpeg' }, { id: '4', type: 'image/jpeg', alt: '축제' }];
  assert.deepEqual(undescribed(['글', '![](upload:3) text'], files), [{ text: 1, at: 2 }, { file: '1' }]);
  assert.deepEqual(undescribed(['![축제](upload:1) ![무대](upload:3)', ''], files), []);
});
