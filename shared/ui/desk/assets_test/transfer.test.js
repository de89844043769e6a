import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';

import './browser.js';
import { Api, Problem, Unreachable } from '../assets/api.js';
import { PartRefused, Transfer, parallel } from '../assets/transfer.js';

const partSize = 10;

/** Storage and API as they behave, in memory; faults are taken one at a time from before each call. */
class World {
  /** @type {Map<number, Uint8Array>} */
  parts = new Map();
  /** @type {string[]} */
  calls = [];
  /** @type {Record<string, unknown[]>} */
  faults = {};
  /** @type {Map<string, any>} */
  kept = new Map();
  /** @type {number[]} */
  waits = [];
  moving = 0;
  most = 0;
  clock = 0;
  started = 0;
  sent = 0;

  /** @param {number} size */
  constructor(size) {
    this.content = Uint8Array.from({ length: size }, (_, i) => (i * 7) & 255);
    this.file = new File([this.content], '자료.zip', { type: 'application/zip' });
    this.count = Math.ceil(size / partSize);
  }

  /** @param {string} call */
  #fault(call) {
    this.calls.push(call);
    const fault = this.faults[call]?.shift();
    if (fault) {
      throw fault;
    }
  }

  /** @returns {import('../assets/transfer.js').Tools} */
  tools() {
    const api = new Api();
    api.send = async (method, path, call = {}) => {
      call.signal?.throwIfAborted();
      const answer = (/** @type {any} */ body) => ({ status: 200, body, version: 0 });
      if (path === '/v1/uploads') {
        this.#fault('start');
        this.started++;
        return answer({ id: 'u1', partSize });
      }
      if (path.endsWith('/parts')) {
        this.#fault('parts');
        const numbers = Array.from({ length: this.count }, (_, i) => i + 1);
        const size = (/** @type {number} */ n) => Math.min(partSize, this.content.length - (n - 1) * partSize);
        return answer({
          stored: numbers.filter((n) => this.parts.has(n)).map((number) => ({ number, size: size(number) })),
          missing: numbers.filter((n) => !this.parts.has(n)).slice(0, 4).map((number) => ({ number, size: size(number), url: `/${number}`, headers: {} })),
        });
      }
      if (path.endsWith('/complete')) {
        this.#fault('complete');
        return answer({ id: 'u1', state: 'complete' });
      }
      this.calls.push(`${method} ${path}`);
      return answer({});
    };
    return {
      api,
      checksum: async (file) => createHash('sha256').update(new Uint8Array(await file.arrayBuffer())).digest('hex'),
      put: async (part, bytes, progress, signal) => {
        this.most = Math.max(this.most, ++this.moving);
        try {
          await new Promise((resolve) => setImmediate(resolve));
          signal.throwIfAborted();
          progress(Math.floor(part.size / 2));
          this.#fault(`put ${part.number}`);
          this.parts.set(part.number, new Uint8Array(await bytes.arrayBuffer()));
          this.sent++;
        } finally {
          this.moving--;
        }
      },
      ledger: { save: async (saved) => void this.kept.set(saved.key, { ...saved }), remove: async (key) => void this.kept.delete(key) },
      sleep: async (milliseconds, signal) => {
        signal.throwIfAborted();
        this.waits.push(milliseconds);
      },
      now: () => (this.clock += 100),
      random: () => 0,
    };
  }

  arrived() {
    return Buffer.concat([...this.parts.entries()].sort(([a], [b]) => a - b).map(([, bytes]) => bytes));
  }
}

test('a file arrives whole, a few parts at a time, and is forgotten here', async () => {
  const w = new World(97);
  const t = Transfer.of(w.file, 'post', w.tools());
  await t.run();
  assert.equal(t.state, 'done', t.reason);
  assert.deepEqual(w.arrived(), Buffer.from(w.content));
  assert.equal(w.most, parallel);
  assert.equal(t.bytes, 97);
  assert.equal(w.kept.size, 0);
});

test('what is lost on the way is sent again, and nothing else', async () => {
  const w = new World(97);
  w.faults = { 'put 3': [new Unreachable('cut'), new PartRefused(403)], parts: [undefined, new Unreachable('cut'), new Problem(503, {})], complete: [new Unreachable('cut')] };
  const t = Transfer.of(w.file, 'post', w.tools());
  await t.run();
  assert.equal(t.state, 'done', t.reason);
  assert.deepEqual(w.arrived(), Buffer.from(w.content));
  assert.ok(w.sent <= w.count + parallel, `${w.sent} parts were sent`);
  assert.ok(w.waits.every((wait) => wait <= 2000), `it waits ever longer although parts arrive: ${w.waits}`);
});

test('a start whose answer was lost is asked for again under the same key', async () => {
  const w = new World(5);
  w.faults = { start: [new Unreachable('cut')] };
  const t = Transfer.of(w.file, 'post', w.tools());
  const { key } = t.saved;
  await t.run();
  assert.equal(t.state, 'done');
  assert.equal(t.saved.key, key);
});

test('paused and gone on with after the page was left, it sends only what is missing', async () => {
  const w = new World(97);
  const t = Transfer.of(w.file, 'post', w.tools());
  t.addEventListener('change', () => t.state === 'sending' && w.parts.size === 4 && t.pause());
  await t.run();
  assert.equal(t.state, 'paused');
  const [saved] = w.kept.values();
  assert.equal(saved.id, 'u1');
  const before = w.sent;
  const again = new Transfer(w.file, saved, w.tools());
  await again.run();
  assert.equal(again.state, 'done', again.reason);
  assert.deepEqual(w.arrived(), Buffer.from(w.content));
  assert.equal(w.started, 1);
  assert.equal(w.sent - before, w.count - before);
});

test('a refusal ends it, with the reason', async () => {
  const w = new World(5);
  w.faults = { complete: [new Problem(422, { code: 'type-mismatch', detail: '이름과 내용이 다릅니다.' })] };
  const t = Transfer.of(w.file, 'post', w.tools());
  const { key } = t.saved;
  await t.run();
  assert.deepEqual([t.state, t.reason], ['refused', '이름과 내용이 다릅니다.']);
  assert.ok(t.ended);
  assert.equal(w.kept.size, 0);
  assert.notEqual(t.saved.key, key, 'another try must be another upload');
});

test('what is not about the file is tried again, as another upload', async () => {
  /** @type {Record<string, unknown[]>[]} */
  const faults = [{ parts: [undefined, new Problem(410, { code: 'upload-expired' })] }, { complete: [new Problem(422, { code: 'checksum-mismatch' })] }];
  for (const fault of faults) {
    const w = new World(15);
    w.faults = fault;
    const t = Transfer.of(w.file, 'post', w.tools());
    await t.run();
    assert.deepEqual([t.state, t.begun, w.kept.size], ['failed', false, 0]);
    await t.run();
    assert.equal(t.state, 'done');
    assert.equal(w.started, 2);
  }
});

test('a session that is over loses nothing', async () => {
  const w = new World(15);
  w.faults = { parts: [undefined, new Problem(401, { detail: '다시 로그인하세요.' })] };
  const t = Transfer.of(w.file, 'post', w.tools());
  await t.run();
  assert.deepEqual([t.state, t.begun], ['failed', true]);
  await t.run();
  assert.equal(t.state, 'done');
  assert.equal(w.started, 1);
});

test('what is cancelled is deleted', async () => {
  const w = new World(97);
  const t = Transfer.of(w.file, 'post', w.tools());
  t.addEventListener('change', () => t.state === 'sending' && t.pause());
  await t.run();
  await t.cancel();
  assert.ok(w.calls.includes('DELETE /v1/uploads/u1'));
  assert.equal(w.kept.size, 0);
});
