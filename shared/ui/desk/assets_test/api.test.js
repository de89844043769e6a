import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Api, Problem, Unreachable } from '../assets/api.js';

/**
 * An API that answers as it is told, one answer a request; undefined is a lost connection.
 * @param {(Response | undefined)[]} answers
 */
function scripted(answers) {
  /** @type {{path: string, method: string, headers: Record<string, string>}[]} */
  const requests = [];
  /** @type {number[]} */
  const waits = [];
  const api = new Api({
    fetch: async (path, init) => {
      requests.push({ path: String(path), method: String(init?.method), headers: /** @type {Record<string, string>} */ (init?.headers) });
      const answer = answers.shift();
      if (!answer) {
        throw new TypeError('Failed to fetch');
      }
      return answer;
    },
    sleep: async (milliseconds) => void waits.push(milliseconds),
    random: () => 0.5,
  });
  return { api, requests, waits };
}

/** @param {number} status @param {object} body @param {Record<string, string>} [headers] */
const json = (status, body, headers = {}) => new Response(JSON.stringify(body), { status, headers: { 'Content-Type': status < 400 ? 'application/json' : 'application/problem+json', ...headers } });

test('an answer has its body and its version', async () => {
  const { api, requests } = scripted([json(200, { title: '봄' }, { ETag: '"v7"' })]);
  assert.deepEqual(await api.send('PUT', '/v1/notices/x', { body: { title: '봄' }, version: 6 }), { status: 200, body: { title: '봄' }, version: 7 });
  assert.equal(requests[0].headers['If-Match'], '"v6"');
});

test('a refusal is a problem, and is not tried again', async () => {
  const { api, requests } = scripted([json(422, { code: 'invalid-input', detail: '틀렸습니다.', errors: [{ field: 'title', code: 'required', message: '필요합니다.' }] })]);
  const error = await api.send('POST', '/v1/notices', { body: {}, key: 'k' }).catch((e) => e);
  assert.ok(error instanceof Problem);
  assert.deepEqual([error.status, error.code, error.message, error.fields[0].field], [422, 'invalid-input', '틀렸습니다.', 'title']);
  assert.equal(requests.length, 1);
});

test('what can be repeated without harm is, longer and longer apart, and not for ever', async () => {
  const { api, requests, waits } = scripted([undefined, json(503, {}), json(429, {}, { 'Retry-After': '9' }), undefined]);
  await assert.rejects(api.send('GET', '/v1/notices'), Unreachable);
  assert.equal(requests.length, 4);
  assert.deepEqual(waits, [375, 750, 9000]);
});

test('what is to come back in minutes is said at once', async () => {
  const { api, requests, waits } = scripted([json(503, { code: 'read-only', detail: '지금은 읽기만 할 수 있습니다.' }, { 'Retry-After': '300' })]);
  const error = await api.send('PUT', '/v1/things/1', { body: {}, version: 1 }).catch((e) => e);
  assert.deepEqual([error.code, requests.length, waits.length], ['read-only', 1, 0]);
});

test('a POST without a key is sent once', async () => {
  const { api, requests } = scripted([undefined]);
  await assert.rejects(api.send('POST', '/v1/things', { body: {} }), Unreachable);
  assert.equal(requests.length, 1);
});

test('a session that ran out is renewed once, for all who wait', async () => {
  const { api, requests } = scripted([json(401, {}), json(401, {}), json(200, {}), json(200, { n: 1 }), json(200, { n: 2 })]);
  const both = await Promise.all([api.send('POST', '/v1/a', { body: {} }), api.send('POST', '/v1/b', { body: {} })]);
  assert.deepEqual(both.map((a) => a.body.n).sort(), [1, 2]);
  assert.equal(requests.filter((r) => r.path === '/v1/auth/sessions/refresh').length, 1);
});

test('a session that is over is said to be', async () => {
  const { api, requests } = scripted([json(401, { code: 'session-ended' }), json(401, {})]);
  const error = await api.send('GET', '/v1/a').catch((e) => e);
  assert.equal(error.code, 'session-ended');
  assert.equal(requests.length, 2);
});

test('an answer that breaks off is no answer', async () => {
  const broken = new Response(new ReadableStream({ pull: (c) => c.error(new Error('cut')) }), { headers: { 'Content-Type': 'application/json' } });
  const { api } = scripted([broken, json(200, { ok: true })]);
  assert.deepEqual((await api.send('GET', '/v1/a')).body, { ok: true });
});
