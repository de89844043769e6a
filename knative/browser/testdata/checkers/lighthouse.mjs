// node lighthouse.mjs CHROMIUM: the scores of pages. Each line asked is a page, as {"url", "cookie", "speed",
// "found"}; each line answered is what was found. How fast a page is depends on the machine, so it is asked where it is
// wanted and reported, not tested; what search engines shall find is asked how well they can.
import { launch } from 'chrome-launcher';
import lighthouse from 'lighthouse';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const userDataDir = mkdtempSync(join(tmpdir(), 'lighthouse-'));
const browser = await launch({
  chromePath: process.argv[2],
  userDataDir,
  chromeFlags: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--accept-lang=ko-KR'],
});
try {
  for await (const line of createInterface({ input: process.stdin })) {
    const { url, cookie, speed, found } = JSON.parse(line);
    const result = await lighthouse(url, {
      port: browser.port,
      logLevel: 'error',
      output: 'json',
      onlyCategories: ['accessibility', 'best-practices', ...(speed ? ['performance'] : []), ...(found ? ['seo'] : [])],
      // Other methods than this wait for more than five seconds on each page. Nothing is slowed down: it is computed.
      throttlingMethod: 'simulate',
      disableFullPageScreenshot: true,
      ...(speed ? {} : { pauseAfterFcpMs: 0, pauseAfterLoadMs: 0, networkQuietThresholdMs: 500, cpuQuietThresholdMs: 500 }),
      extraHeaders: cookie ? { Cookie: cookie } : {},
    });
    const { categories, audits, runtimeError, finalDisplayedUrl } = result.lhr;
    const scores = Object.fromEntries(Object.entries(categories).map(([id, c]) => [id, Math.round((c.score ?? 0) * 100)]));
    const failed = Object.keys(categories).filter((id) => id !== 'performance').flatMap((id) =>
      categories[id].auditRefs.filter((r) => r.weight > 0 && audits[r.id].score !== null && audits[r.id].score < 1).map((r) => `${r.id}: ${JSON.stringify(audits[r.id].details?.items ?? audits[r.id].displayValue ?? '').slice(0, 600)}`),
    );
    const slow = (categories.performance?.auditRefs ?? []).filter((r) => r.weight > 0 && audits[r.id].score < 1).map((r) => `${r.id} ${audits[r.id].displayValue ?? ''}`);
    console.log(JSON.stringify({ url, at: finalDisplayedUrl, scores, failed, slow, bytes: audits['total-byte-weight']?.numericValue ?? 0, error: runtimeError?.message ?? '' }));
  }
} finally {
  await browser.kill();
  rmSync(userDataDir, { recursive: true, force: true });
}
