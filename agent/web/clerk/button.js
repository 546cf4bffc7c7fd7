import { h } from '../lib/dom.js';

/** A button that says its key, in a label of its own as the first word of it; act is what its press stands for, in a row of a list the row's id with it. */
export function button({ act, key = '', text, strong = false, off = false, label = '' }) {
  return h(strong ? 'button.strong' : 'button', { type: 'button', 'data-act': act, disabled: off, 'aria-label': label || null }, key ? h('kbd', key) : null, key && label ? ' ' : null, h('span', text));
}
