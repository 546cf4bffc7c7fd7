// Contrast as WCAG 2.2 computes it, so that a chain may choose any colour for a tier and its word
// stays readable: the text is black or white, whichever reads better (at least 4.58:1 for every
// colour there is), and a colour that is too close to the background behind it gets an edge.

const EDGE_MIN = 3; // WCAG 2.2, 1.4.11 non-text contrast
const NEUTRAL = [91, 103, 118];
const BLACK = [0, 0, 0];
const WHITE = [255, 255, 255];

/** '#rgb' or '#rrggbb' to [r, g, b]; anything else is null. */
export function parseColour(text) {
  const hex = /^#([0-9a-f]{3}|[0-9a-f]{6})$/i.exec(text ?? '')?.[1];
  if (!hex) return null;
  const wide = hex.length === 3 ? [...hex].map((digit) => digit + digit).join('') : hex;
  return [0, 2, 4].map((at) => Number.parseInt(wide.slice(at, at + 2), 16));
}

function luminance(rgb) {
  const [r, g, b] = rgb.map((value) => {
    const part = value / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

export function contrast(a, b) {
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (light + 0.05) / (dark + 0.05);
}

const css = (rgb) => `rgb(${rgb.join(' ')})`;

/** How to paint a tier: its own colour, black or white text on it, and an edge where it would blur. */
export function tierPaint(colour, background) {
  const fill = parseColour(colour) ?? NEUTRAL;
  const text = contrast(fill, BLACK) >= contrast(fill, WHITE) ? BLACK : WHITE;
  const away = contrast(background, BLACK) > contrast(background, WHITE) ? BLACK : WHITE;
  return { fill: css(fill), text: css(text), edge: css(edgeOf(fill, background, away)) };
}

// The same colour, moved away from the background until it stands out.
function edgeOf(fill, background, away) {
  for (let part = 0; part < 1; part += 0.05) {
    const edge = fill.map((value, n) => Math.round(value + (away[n] - value) * part));
    if (contrast(edge, background) >= EDGE_MIN) return edge;
  }
  return away;
}
