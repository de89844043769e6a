import { durationOf, say } from './language.js';

/** How far a clock may be off before its owner is told, in milliseconds. */
const most = 60_000;

/**
 * How far this computer's clock is ahead of the server's, in milliseconds: negative where it is
 * behind, 0 where that is no more than a minute or not sure. The server looked at its clock at
 * some time between the two at which this computer asked and was answered.
 * @param {number} server
 * @param {number} asked
 * @param {number} answered
 */
export function skew(server, asked, answered) {
  const least = asked - server;
  const largest = answered - server;
  if (least > most) {
    return Math.round((least + largest) / 2);
  }
  return largest < -most ? Math.round((least + largest) / 2) : 0;
}

/**
 * What is told of a clock that is off.
 * @param {number} off as skew has it
 */
export function skewText(off) {
  if (off === 0) {
    return '';
  }
  const by = durationOf(Math.abs(off) / 1000);
  return off > 0
    ? say(`이 컴퓨터의 시계가 ${by} 빠릅니다. 공지는 서버의 시각에 맞춰 게시됩니다.`, `This computer's clock is ${by} fast. Notices are published by the server's time.`)
    : say(`이 컴퓨터의 시계가 ${by} 느립니다. 공지는 서버의 시각에 맞춰 게시됩니다.`, `This computer's clock is ${by} slow. Notices are published by the server's time.`);
}

/**
 * The server's time, or a moment before it: what is then past by no more means now.
 * @param {string} then the server's time when the page was made
 */
export function serverNow(then) {
  const [opened] = performance.getEntriesByType('navigation');
  const answered = opened instanceof PerformanceNavigationTiming ? opened.responseStart : performance.now();
  return Date.parse(then) + performance.now() - answered;
}
