import assert from 'node:assert/strict';
import { test } from 'node:test';
import { load } from './web.mjs';

const { contrast, parseColour, tierPaint } = await load('lib/colour.js');
const rgb = (css) => css.match(/\d+/g).map(Number);
const BACKGROUNDS = [[255, 255, 255], [27, 32, 39]];

test('colours are read strictly', () => {
  assert.deepEqual(parseColour('#e3b341'), [227, 179, 65]);
  assert.deepEqual(parseColour('#FFF'), [255, 255, 255]);
  for (const bad of ['', null, undefined, 'red', '#12', '#12345', '#1234567', '#12345g', 'e3b341', '#e3b341;x', 'url(#abc)']) assert.equal(parseColour(bad), null, String(bad));
});

test('contrast is that of WCAG', () => {
  assert.equal(contrast([0, 0, 0], [255, 255, 255]).toFixed(2), '21.00');
  assert.equal(contrast([119, 119, 119], [255, 255, 255]).toFixed(2), '4.48');
  assert.equal(contrast([255, 0, 0], [255, 255, 255]).toFixed(2), contrast([255, 255, 255], [255, 0, 0]).toFixed(2));
});

test('text on a tier reads well and its edge stands out, whatever colour the chain chose', () => {
  const steps = [0, 32, 64, 96, 118, 128, 160, 192, 224, 255];
  for (const r of steps) for (const g of steps) for (const b of steps) {
    const colour = `#${[r, g, b].map((v) => v.toString(16).padStart(2, '0')).join('')}`;
    for (const background of BACKGROUNDS) {
      const paint = tierPaint(colour, background);
      assert.ok(contrast(rgb(paint.text), rgb(paint.fill)) >= 4.5, `${colour} text`);
      assert.ok(contrast(rgb(paint.edge), background) >= 3, `${colour} edge on ${background}`);
    }
  }
});

test('a colour that is none becomes a neutral one', () => {
  assert.deepEqual(tierPaint('javascript:alert(1)', BACKGROUNDS[0]), tierPaint('', BACKGROUNDS[0]));
});
