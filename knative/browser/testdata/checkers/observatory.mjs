// node observatory.mjs HOST HTTP-PORT HTTPS-PORT: what Mozilla's HTTP Observatory says about pages, as JSON.
// Its own scan() knows the well-known ports alone; this is the same with others.
import { existsSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const inside = (path) => fileURLToPath(new URL(`node_modules/@mdn/mdn-http-observatory/${path}`, import.meta.url));
// Its installation fetches who is preloaded for HSTS and which domains are public suffixes. Nobody of the tests is among them.
for (const [name, empty] of [['conf/hsts-preload.json', '{}'], ['conf/tld-list.json', '[]']]) {
  if (!existsSync(inside(name))) writeFileSync(inside(name), empty);
}
const from = (path) => import(inside(path));
const { retrieve } = await from('src/retriever/retriever.js');
const { ALL_TESTS } = await from('src/constants.js');
const { MINIMUM_SCORE_FOR_EXTRA_CREDIT } = await from('src/grader/charts.js');
const { getGradeForScore, getScoreDescription, getScoreModifier } = await from('src/grader/grader.js');

// Each line asked is a page, as {"path", "cookie"}; each line answered is what was found.
const [host, httpPort, httpsPort] = process.argv.slice(2);
for await (const line of createInterface({ input: process.stdin })) {
  const { path, cookie } = JSON.parse(line);
  const headers = ['Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', ...(cookie ? [`Cookie: ${cookie}`] : [])];
  const requests = await retrieve(host, { httpPort: Number(httpPort), httpsPort: Number(httpsPort), path, headers });
  const tests = ALL_TESTS.map((test) => test(requests)).map((t) => ({ name: t.constructor.name, pass: t.pass, result: t.result, modifier: getScoreModifier(t.result), description: getScoreDescription(t.result) }));
  const base = 100 + tests.reduce((sum, t) => sum + Math.min(0, t.modifier), 0);
  const score = base >= MINIMUM_SCORE_FOR_EXTRA_CREDIT ? 100 + tests.reduce((sum, t) => sum + t.modifier, 0) : base;
  const answer = requests.responses.https;
  console.log(JSON.stringify({ path, status: answer?.status ?? 0, at: answer?.request?.path ?? '', verified: answer?.verified ?? false, grade: getGradeForScore(score).grade, score, tests }));
}
