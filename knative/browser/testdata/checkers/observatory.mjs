// node observatory.mjs HOST HTTP-PORT HTTPS-PORT PATH: what Mozilla's HTTP Observatory says about a page, as JSON.
// Its own scan() knows the well-known ports alone; this is the same with others.
import { existsSync, writeFileSync } from 'node:fs';
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

const [host, httpPort, httpsPort, path] = process.argv.slice(2);
const requests = await retrieve(host, { httpPort: Number(httpPort), httpsPort: Number(httpsPort), path });
const tests = ALL_TESTS.map((test) => test(requests)).map((t) => ({ name: t.constructor.name, pass: t.pass, result: t.result, modifier: getScoreModifier(t.result), description: getScoreDescription(t.result) }));
const base = 100 + tests.reduce((sum, t) => sum + Math.min(0, t.modifier), 0);
const score = base >= MINIMUM_SCORE_FOR_EXTRA_CREDIT ? 100 + tests.reduce((sum, t) => sum + t.modifier, 0) : base;
const { grade } = getGradeForScore(score);
console.log(JSON.stringify({ grade, score, tests }));
