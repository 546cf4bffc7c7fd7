// What axe-core finds on a page against WCAG 2.2, levels A and AA.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const SOURCE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22a', 'wcag22aa', 'best-practice'];

// The rule that costs most by far, and finds in each language the same.
const COLOURS = 'color-contrast';
const OPTIONS = {
  all: { runOnly: TAGS },
  structure: { runOnly: TAGS, rules: { [COLOURS]: { enabled: false } } },
  colours: { runOnly: { type: 'rule', values: [COLOURS] } },
};

/** The violations as one line each; [] when there are none. what: all, structure (all but colours) or colours. */
export async function accessibilityFaults(page, what = 'all') {
  // Evaluated by the debugger: the page's own policy lets no script in.
  await page.evaluate(`if (!window.axe) { ${SOURCE} }`);
  const { violations } = await page.evaluate((options) => window.axe.run(document, { ...options, resultTypes: ['violations'] }), OPTIONS[what]);
  return violations.map((one) => `${one.id} (${one.impact}): ${one.help}: ${one.nodes.map((node) => node.target.join(' ')).join(', ')}`);
}
