// The few ways in which the page makes elements; nothing is parsed as HTML.
const SVG = 'http://www.w3.org/2000/svg';

/** h('p.note', 'text', child …): an element with classes, text and children. */
export function h(name, ...children) {
  const [tag, ...classes] = name.split('.');
  const element = document.createElement(tag);
  if (classes.length > 0) element.className = classes.join(' ');
  element.append(...children.filter((child) => child !== null && child !== ''));
  return element;
}

export function icon(name) {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('class', 'icon');
  svg.setAttribute('viewBox', '0 0 48 48');
  svg.setAttribute('aria-hidden', 'true');
  const use = document.createElementNS(SVG, 'use');
  use.setAttribute('href', `#i-${name}`);
  svg.append(use);
  return svg;
}

/** A button that says its key; act is what its press stands for, in a row of a list the row's id with it. */
export function button({ act, key = '', text, strong = false, off = false, label = '' }) {
  const element = h(strong ? 'button.strong' : 'button', key ? h('kbd', key) : null, h('span', text));
  element.type = 'button';
  element.dataset.act = act;
  element.disabled = off;
  if (label) element.setAttribute('aria-label', label);
  return element;
}

export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
