// Elements made from descriptions and brought onto the page with as little change as possible: what is there already
// stays the same element, so that focus, a finger that is down and an animation go on. Nothing is parsed as HTML.

const SVG = 'http://www.w3.org/2000/svg';

/** h('p.note', { id: 'a' }, 'text', child …): an element with classes, attributes and children; null, '' and false are left out. */
export function h(name, ...rest) {
  const [tag, ...classes] = name.split('.');
  return filled(document.createElement(tag), classes, rest);
}

/** The same for an element of SVG. */
export function svg(name, ...rest) {
  const [tag, ...classes] = name.split('.');
  return filled(document.createElementNS(SVG, tag), classes, rest);
}

function filled(element, classes, rest) {
  const [first] = rest;
  const hasAttributes = Boolean(first) && typeof first === 'object' && !Array.isArray(first) && !(first instanceof Node);
  if (classes.length > 0) element.setAttribute('class', classes.join(' '));
  if (hasAttributes) setAttributes(element, first);
  element.append(...(hasAttributes ? rest.slice(1) : rest).flat().filter((child) => child !== null && child !== '' && child !== false));
  return element;
}

// true is an attribute without a value; null, undefined and false are none.
function setAttributes(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    element.setAttribute(name, value === true ? '' : String(value));
  }
}

/** How the page is looked at: 'focused', 'visible' beside another program, or 'hidden'. */
export const attention = () => (document.visibilityState === 'hidden' ? 'hidden' : document.hasFocus() ? 'focused' : 'visible');

/** The symbol #i-<name> of the page. */
export const icon = (name) => svg('svg.icon', { viewBox: '0 0 48 48', 'aria-hidden': 'true' }, svg('use', { href: `#i-${name}` }));

/** Leaves what is there alone when it says the same. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Makes parent's children like these; children with data-key are found again wherever they are. */
export function morph(parent, ...wanted) {
  const nodes = wanted.flat().filter((node) => node !== null && node !== '' && node !== false)
    .map((node) => (node instanceof Node ? node : document.createTextNode(node)));
  const keys = new Set(nodes.map(keyOf).filter(Boolean));
  const keyed = new Map();
  for (const child of [...parent.childNodes]) {
    const key = keyOf(child);
    if (key && !keys.has(key)) child.remove();
    else if (key) keyed.set(key, child);
  }
  let at = parent.firstChild;
  for (const node of nodes) {
    const key = keyOf(node);
    const found = key ? keyed.get(key) : at;
    if (!found || !isAlike(found, node)) {
      parent.insertBefore(node, at);
      continue;
    }
    if (found === at) at = at.nextSibling;
    else parent.insertBefore(found, at);
    update(found, node);
  }
  while (at) {
    const next = at.nextSibling;
    at.remove();
    at = next;
  }
}

const keyOf = (node) => node.dataset?.key;
const isAlike = (one, other) => one.nodeName === other.nodeName && keyOf(one) === keyOf(other);

function update(have, want) {
  if (have.nodeType !== Node.ELEMENT_NODE) {
    if (have.nodeValue !== want.nodeValue) have.nodeValue = want.nodeValue;
    return;
  }
  for (const { name } of [...have.attributes]) if (!want.hasAttribute(name) && name !== 'style') have.removeAttribute(name);
  for (const { name, value } of want.attributes) if (name !== 'style' && have.getAttribute(name) !== value) have.setAttribute(name, value);
  if (have.style.cssText !== want.style.cssText) have.style.cssText = want.style.cssText;
  morph(have, [...want.childNodes]);
}
