// A QR code's matrix as a drawing: { size, rows: [hex] }, one row of modules per text, the first module in the highest
// bit; what is left of the last digit is padding.

import { svg } from './dom.js';

const SIZE_MAX = 177; // version 40, ISO/IEC 18004
const QUIET = 4; // light modules all around, ISO/IEC 18004 section 9.1

/** An element; .paper is to be white and .ink black in every scheme: cameras read nothing else as well. */
export function qrPicture(qr, label) {
  const size = qr.size + 2 * QUIET;
  return svg('svg.qr', { viewBox: `${-QUIET} ${-QUIET} ${size} ${size}`, role: 'img', 'aria-label': label, 'shape-rendering': 'crispEdges' },
    svg('rect.paper', { x: -QUIET, y: -QUIET, width: size, height: size }), svg('path.ink', { d: qrPath(qr) }));
}

/** Runs of dark modules, a rectangle each; '' for what is no matrix. */
export function qrPath({ size, rows }) {
  if (!Number.isInteger(size) || size < 1 || size > SIZE_MAX || rows?.length !== size) return '';
  return rows.map((row, y) => rowPath(bitsOf(row, size), y)).join('');
}

function bitsOf(row, size) {
  const digits = [...String(row)].map((digit) => Number.parseInt(digit, 16));
  const bit = (n) => Boolean((digits[n >> 2] ?? 0) & (8 >> (n & 3)));
  return Array.from({ length: size }, (_, n) => bit(n));
}

function rowPath(bits, y) {
  let path = '';
  for (let x = 0; x < bits.length; x++) {
    if (!bits[x]) continue;
    const from = x;
    while (bits[x + 1]) x++;
    path += `M${from} ${y}h${x + 1 - from}v1h${from - x - 1}z`;
  }
  return path;
}
