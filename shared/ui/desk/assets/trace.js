// A picture as an SVG of one colour: its outlines, found on a grid. Nothing of the picture itself is kept or sent.

/** How many cells the grid has on each side. */
const side = 200;

/** How long an SVG may be: the server takes 32 KiB. */
const most = 30_000;

/** @typedef {{x: number, y: number}} Point */

/**
 * Draws the outlines of a picture. It fails where the file is no picture, and gives '' where nothing is on it.
 * @param {Blob} file
 * @returns {Promise<string>}
 */
export async function traced(file) {
  const outlines = contours(inked(await pixels(file)));
  for (let off = 0.25; outlines.length > 0; off *= 1.5) {
    const path = outlines.map((outline) => `M${simplified(outline, off).map(written).join(' ')}z`).join('');
    if (path.length < most) {
      return `<svg viewBox="0 0 ${side} ${side}"><path fill-rule="evenodd" d="${path}"/></svg>`;
    }
  }
  return '';
}

/**
 * The picture as large as the grid holds, in its middle.
 * @param {Blob} file
 */
async function pixels(file) {
  const picture = await createImageBitmap(file);
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = side;
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (!context) {
    throw new Error('no canvas');
  }
  const scale = side / Math.max(picture.width, picture.height);
  const width = picture.width * scale;
  const height = picture.height * scale;
  context.imageSmoothingQuality = 'high';
  context.drawImage(picture, (side - width) / 2, (side - height) / 2, width, height);
  picture.close();
  return { data: context.getImageData(0, 0, side, side).data, left: Math.ceil((side - width) / 2), top: Math.ceil((side - height) / 2) };
}

/**
 * How much of each cell is ink, from 0 to 1: what is not transparent, or in a picture without transparent parts what differs
 * from its corner.
 * @param {{data: Uint8ClampedArray, left: number, top: number}} picture
 */
function inked({ data, left, top }) {
  const ink = new Float32Array(side * side);
  const inside = (/** @type {number} */ i) => Math.min(i % side, side - 1 - (i % side)) >= left && Math.min(Math.floor(i / side), side - 1 - Math.floor(i / side)) >= top;
  let clear = 0;
  let all = 0;
  for (let i = 0; i < ink.length; i++) {
    if (inside(i)) {
      all++;
      clear += Number((data[4 * i + 3] ?? 0) < 128);
    }
  }
  if (clear > all / 100) {
    return ink.map((_, i) => (data[4 * i + 3] ?? 0) / 255);
  }
  const corner = 4 * (top * side + left);
  let farthest = 0;
  for (let i = 0; i < ink.length; i++) {
    if (inside(i)) {
      ink[i] = Math.hypot(...[0, 1, 2].map((c) => (data[4 * i + c] ?? 0) - (data[corner + c] ?? 0)));
      farthest = Math.max(farthest, ink[i] ?? 0);
    }
  }
  return farthest < 32 ? new Float32Array(ink.length) : ink.map((away) => away / farthest);
}

/**
 * The lines around ink, by marching squares: closed ones, each with ink at one side.
 * @param {Float32Array} ink
 * @returns {Point[][]}
 */
function contours(ink) {
  const at = (/** @type {number} */ x, /** @type {number} */ y) => (x < 0 || y < 0 || x >= side || y >= side ? 0 : ink[y * side + x] ?? 0);
  /** @type {Map<string, {to: string, point: Point}>} */
  const steps = new Map();
  // The edges of a square of four cells' middles: above, right, below, left, each with the two corners that it is between.
  for (let y = -1; y < side; y++) {
    for (let x = -1; x < side; x++) {
      const corners = [at(x, y), at(x + 1, y), at(x + 1, y + 1), at(x, y + 1)].map((v) => v - 0.5);
      const [a = 0, b = 0, c = 0, d = 0] = corners;
      const kind = Number(a > 0) + 2 * Number(b > 0) + 4 * Number(c > 0) + 8 * Number(d > 0);
      /** @type {Record<string, {name: string, point: () => Point}>} */
      const edges = {
        above: { name: `h${x},${y}`, point: () => ({ x: x + 0.5 + a / (a - b), y: y + 0.5 }) },
        right: { name: `v${x + 1},${y}`, point: () => ({ x: x + 1.5, y: y + 0.5 + b / (b - c) }) },
        below: { name: `h${x},${y + 1}`, point: () => ({ x: x + 0.5 + d / (d - c), y: y + 1.5 }) },
        left: { name: `v${x},${y}`, point: () => ({ x: x + 0.5, y: y + 0.5 + a / (a - d) }) },
      };
      for (const [from, to] of passages[kind] ?? []) {
        const [first, second] = [edges[from ?? ''], edges[to ?? '']];
        if (first && second) {
          steps.set(first.name, { to: second.name, point: first.point() });
        }
      }
    }
  }
  const outlines = [];
  while (steps.size > 0) {
    /** @type {Point[]} */
    const outline = [];
    let [name = ''] = steps.keys();
    for (let step = steps.get(name); step; step = steps.get(name)) {
      outline.push(step.point);
      steps.delete(name);
      name = step.to;
    }
    if (Math.abs(area(outline)) > 4) {
      outlines.push(outline);
    }
  }
  return outlines;
}

/** Which edges a line goes in and out by, with the ink at its left, by which of the four corners are ink. */
const passages = [
  [],
  [['left', 'above']],
  [['above', 'right']],
  [['left', 'right']],
  [['right', 'below']],
  [['left', 'above'], ['right', 'below']],
  [['above', 'below']],
  [['left', 'below']],
  [['below', 'left']],
  [['below', 'above']],
  [['above', 'right'], ['below', 'left']],
  [['below', 'right']],
  [['right', 'left']],
  [['right', 'above']],
  [['above', 'left']],
  [],
];

/** @param {Point[]} points */
function area(points) {
  return points.reduce((sum, p, i) => {
    const next = points[(i + 1) % points.length] ?? p;
    return sum + (p.x * next.y - next.x * p.y) / 2;
  }, 0);
}

/**
 * An outline without the points that are less than so far off the lines between the others (Ramer, Douglas and Peucker).
 * @param {Point[]} outline
 * @param {number} off
 */
function simplified(outline, off) {
  const half = Math.floor(outline.length / 2);
  const kept = new Set([0, half]);
  const rest = [[0, half], [half, outline.length]];
  for (let part = rest.pop(); part; part = rest.pop()) {
    const [from = 0, to = 0] = part;
    const a = outline[from];
    const b = outline[to % outline.length];
    let farthest = from;
    let distance = 0;
    for (let i = from + 1; i < to; i++) {
      const p = outline[i];
      if (a && b && p) {
        const away = Math.abs((b.x - a.x) * (p.y - a.y) - (b.y - a.y) * (p.x - a.x)) / Math.max(1e-9, Math.hypot(b.x - a.x, b.y - a.y));
        if (away > distance) {
          [farthest, distance] = [i, away];
        }
      }
    }
    if (distance > off) {
      kept.add(farthest);
      rest.push([from, farthest], [farthest, to]);
    }
  }
  return outline.filter((_, i) => kept.has(i));
}

/** @param {Point} point */
function written({ x, y }) {
  return `${Number(x.toFixed(1))} ${Number(y.toFixed(1))}`;
}
