// Contrast as WCAG 2.2 computes it, so that a chain may choose any colour for a tier and its word
// stays readable: the text is black or white, whichever reads better (at least 4.58:1 for every
// colour there is), and a colour that is too close to the background behind it gets an edge.

const EDGE_MIN = 3; // WCAG 2.2, 1.4.11 non-text contrast
const NEUTRAL = [91, 103, 118];

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
  const black = [0, 0, 0];
  const white = [255, 255, 255];
  const text = contrast(fill, black) >= contrast(fill, white) ? black : white;
  const blurred = contrast(fill, background) < EDGE_MIN;
  return { fill: css(fill), text: css(text), edge: blurred ? css(contrast(background, black) > 10 ? [90, 90, 90] : [170, 170, 170]) : css(fill) };
}
