import assert from 'node:assert/strict';
import { test } from 'node:test';

import './browser.js';

import { longest, pause, sleep } from '../assets/backoff.js';
import { durationOf, sizeOf } from '../assets/language.js';
import { acceptOf, asJPEG, heifAdvice, isHEIF, limitOf } from '../assets/limits.js';
import { Meter } from '../assets/meter.js';
import { moved } from '../assets/order.js';
import { refusal } from '../assets/refusal.js';
import { fromInput, spoken, toInput } from '../assets/seoul.js';
import { skew, skewText } from '../assets/skew.js';

test('pauses grow, differ and have an end', () => {
  assert.deepEqual([1, 2, 3].map((n) => pause(n, 1)), [500, 1000, 2000]);
  assert.equal(pause(1, 0), 250);
  assert.equal(pause(50, 1), longest);
});

test('a wait can be ended', async () => {
  const stop = new AbortController();
  const waiting = sleep(60_000, stop.signal);
  stop.abort(new Error('stop'));
  await assert.rejects(waiting, /stop/);
  await assert.rejects(sleep(0, AbortSignal.abort(new Error('before'))), /before/);
  await sleep(1);
});

test('speed is of the last seconds, and unknown at first', () => {
  const m = new Meter();
  assert.equal(m.speed, 0);
  m.mark(0, 0);
  m.mark(1000, 1000);
  assert.equal(m.speed, 1000);
  for (let s = 2; s <= 30; s++) {
    m.mark(s * 1000, 1000 + (s - 1) * 50);
  }
  assert.equal(m.speed, 50);
  m.rest();
  assert.equal(m.speed, 0);
});

test('files are refused before they are sent, for a reason', () => {
  const post = { name: 'post', limit: 10 << 20, images: false, types: { jpg: ['image/jpeg'], hwp: ['application/x-hwp', 'application/haansofthwp'] } };
  const banner = { ...post, images: true, types: { jpg: ['image/jpeg'] } };
  for (const [file, purpose, want] of /** @type {const} */ ([
    [{ name: '봄.JPG', size: 5, type: 'image/jpeg' }, post, null],
    [{ name: '안내.hwp', size: 5, type: '' }, post, null],
    [{ name: '안내.hwp', size: 5, type: 'application/octet-stream' }, post, null],
    [{ name: '안내.hwp', size: 5, type: 'application/haansofthwp' }, post, null],
    [{ name: '봄.jpg', size: 5, type: 'text/html' }, post, /내용은 text\/html/],
    [{ name: '봄.jpg', size: 0, type: 'image/jpeg' }, post, /빈 파일/],
    [{ name: '봄.jpg', size: (10 << 20) + 1, type: 'image/jpeg' }, post, /10 MB까지/],
    [{ name: '봄.exe', size: 5, type: '' }, post, /올릴 수 없는 형식/],
    [{ name: 'jpg', size: 5, type: '' }, post, /올릴 수 없는 형식/],
    [{ name: '안내.hwp', size: 5, type: '' }, banner, /이미지만/],
  ])) {
    const got = refusal(file, purpose);
    want === null ? assert.equal(got, null) : assert.match(got ?? '', want);
  }
});

test("times are Seoul's, and keep the seconds that an input does not show", () => {
  const iso = '2026-03-02T03:00:59Z';
  assert.equal(toInput(iso), '2026-03-02T12:00');
  assert.equal(fromInput('2026-03-02T12:00', iso), iso);
  assert.equal(fromInput('2026-03-02T12:01', iso), '2026-03-02T03:01:00.000Z');
  assert.equal(fromInput('2026-01-01T00:00'), '2025-12-31T15:00:00.000Z');
  assert.equal(fromInput(''), undefined);
  assert.equal(toInput(null), '');
  assert.match(spoken(iso, 'ko'), /2026\. 3\. 2\. .*12:00/);
});

test('things are put at a place, or at the nearest end', () => {
  assert.deepEqual(moved(['a', 'b', 'c'], 0, 2), ['b', 'c', 'a']);
  assert.deepEqual(moved(['a', 'b', 'c'], 2, 0), ['c', 'a', 'b']);
  assert.deepEqual(moved(['a', 'b', 'c'], 0, -1), ['a', 'b', 'c']);
  assert.deepEqual(moved(['a', 'b', 'c'], 1, 9), ['a', 'c', 'b']);
});

test('sizes and times are said as people say them', () => {
  assert.deepEqual([0, 999, 1000, 10 * 1024 * 1024, 300_400, 2e9].map(sizeOf), ['0 B', '999 B', '1 KB', '10.5 MB', '300 KB', '2.0 GB']);
  assert.deepEqual([0.2, 59, 61, 7200].map(durationOf), ['1초', '59초', '1분', '2시간']);
});

test('a clock is told to be off where it surely is, by more than a minute', () => {
  for (const [asked, answered, off] of /** @type {const} */ ([
    [0, 10, 0], [-60_000, -59_000, 0], [60_000, 60_100, 0],
    [-1_000_000, 1_000_000, 0], // the answer was slow, not the clock
    [59_000, 180_000, 0],
    [120_000, 120_200, 120_100], [-120_200, -120_000, -120_100], [-3_600_200, -3_600_000, -3_600_100],
  ])) {
    assert.equal(skew(1e12, 1e12 + asked, 1e12 + answered), off);
  }
  assert.equal(skewText(0), '');
  assert.match(skewText(120_100), /^이 컴퓨터의 시계가 2분 빠릅니다\./);
  assert.match(skewText(-3_600_100), /^이 컴퓨터의 시계가 1시간 느립니다\./);
});

test("times are Seoul's in every zone of the computer", () => {
  const zone = process.env.TZ;
  for (const tz of ['Asia/Seoul', 'UTC', 'America/New_York', 'Australia/Lord_Howe', 'Pacific/Kiritimati']) {
    process.env.TZ = tz;
    for (const [typed, iso] of [['2026-03-08T02:30', '2026-03-07T17:30:00.000Z'], ['2026-10-04T02:15', '2026-10-03T17:15:00.000Z'], ['2026-01-01T00:00', '2025-12-31T15:00:00.000Z']]) {
      assert.equal(fromInput(typed), iso, tz);
      assert.equal(toInput(iso), typed, tz);
      assert.match(spoken(iso, 'en'), new RegExp(typed.slice(11)), tz);
    }
  }
  if (zone === undefined) {
    delete process.env.TZ;
  } else {
    process.env.TZ = zone;
  }
});

test('what may be chosen, and how large, is said before', () => {
  const post = { name: 'post', limit: 10 * 2 ** 20, images: false, types: { jpg: [], hwp: [] } };
  const archive = { name: 'archive', limit: 200 * 2 ** 20, images: false, types: { hwp: [], zip: [] } };
  assert.equal(acceptOf([post, archive]), '.jpg,.hwp,.zip,.heic,.heif');
  assert.equal(acceptOf([archive]), '.hwp,.zip');
  assert.match(limitOf([post]), /10 MB/);
  assert.match(limitOf([post, archive]), /200 MB/);
});

test('pictures of an iPhone are known by their type and their name, and explained where they cannot be converted', async () => {
  const known = [['IMG_0001.HEIC', ''], ['a.heif', ''], ['a', 'image/heic'], ['a.jpg', 'image/heif-sequence'], ['a.hif', '']];
  assert.ok(known.every(([name, type]) => isHEIF({ name, type })));
  assert.ok([['a.jpg', 'image/jpeg'], ['heic', ''], ['a.heic.pdf', '']].every(([name, type]) => !isHEIF({ name, type })));
  assert.equal(await asJPEG(new File(['x'], 'a.heic')), null); // node decodes no pictures
  assert.match(heifAdvice(), /JPEG/);
});
