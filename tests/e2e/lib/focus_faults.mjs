// What the keyboard meets on a screen: where Tab stops, in which order, and whether one sees it. All three run in the page.

/** Defines globalThis.tabStops(): what Tab stops at now, in its order; of a group of radio buttons one. */
export function defineTabStops() {
  const isShown = (element) => element.checkVisibility({ visibilityProperty: true }) && element.getClientRects().length > 0;
  const isOne = (element) => {
    if (element.type !== 'radio') return true;
    const group = [...element.form?.elements ?? []].filter((other) => other.type === 'radio' && other.name === element.name && isShown(other));
    const checked = group.filter((other) => other.checked);
    return checked.length > 0 ? element.checked : group.length === 0 || element === group[0];
  };
  globalThis.tabStops = () => [...(document.querySelector('dialog:modal') ?? document).querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex]')]
    .filter((element) => element.tabIndex >= 0 && !element.disabled && !element.closest('[inert]') && isShown(element) && isOne(element));
}

/**
 * Gives each stop the focus and returns one line per fault: no ring that is seen, a ring that is cut off or on a colour like
 * its own, something before it, or another order than one reads in.
 */
export function focusFaults() {
  const faults = [];
  const stops = globalThis.tabStops();
  const name = (element) => `${element.tagName.toLowerCase()}#${element.id}.${element.className} "${(element.textContent || element.name || '').slice(0, 40)}"`;
  const parse = (text) => { const v = (text.match(/[\d.]+/g) ?? []).map(Number); return { rgb: v.slice(0, 3), alpha: v[3] ?? 1 }; };
  const luminance = ({ rgb }) => rgb.map((v) => v / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)).reduce((sum, v, n) => sum + v * [0.2126, 0.7152, 0.0722][n], 0);
  const contrast = (one, other) => { const [light, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a); return (light + 0.05) / (dark + 0.05); };
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) { const c = parse(getComputedStyle(at).backgroundColor); if (c.alpha > 0.99 && c.rgb.length === 3) return c; }
    return parse(getComputedStyle(document.documentElement).colorScheme.includes('dark') && matchMedia('(prefers-color-scheme: dark)').matches ? 'rgb(18, 18, 18)' : 'rgb(255, 255, 255)');
  };
  // A field that is not drawn itself is drawn by what stands behind it.
  const drawn = (element) => (getComputedStyle(element).opacity === '0' ? element.nextElementSibling : element);
  const ringOf = (element) => { const s = getComputedStyle(element); return { width: s.outlineStyle === 'none' ? 0 : parseFloat(s.outlineWidth), offset: parseFloat(s.outlineOffset), color: parse(s.outlineColor) }; };
  const cutBy = (element, reach) => {
    const box = element.getBoundingClientRect();
    for (let at = element.parentElement; at && at !== document.body; at = at.parentElement) {
      if (getComputedStyle(at).overflow === 'visible') continue;
      const frame = at.getBoundingClientRect();
      if (box.left - reach < frame.left - 1 || box.right + reach > frame.right + 1 || box.top - reach < frame.top - 1 || box.bottom + reach > frame.bottom + 1) return at;
    }
    return null;
  };
  const isReached = (element, box) => [[0.5, 0.5], [0.1, 0.5], [0.9, 0.5], [0.5, 0.15], [0.5, 0.85]].every(([x, y]) => {
    const met = document.elementFromPoint(box.left + x * box.width, box.top + y * box.height);
    return met && (element.contains(met) || met.contains(element) && met.tagName === 'LABEL' || met.nextElementSibling === element || met === element.previousElementSibling);
  });
  const isRight = getComputedStyle(document.documentElement).direction === 'rtl';
  const goesBack = (one, other) => other.top < one.bottom - 1 && !(isRight ? other.right <= one.left + 1 : other.left >= one.right - 1);
  const before = { element: document.activeElement, top: scrollY };
  let last;
  for (const element of stops) {
    if (element.tabIndex > 0) faults.push(`an order of its own: ${name(element)}`);
    const seen = drawn(element);
    element.focus();
    if (last && !last.element.contains(element) && goesBack(last.seen.getBoundingClientRect(), seen.getBoundingClientRect())) faults.push(`Tab goes back from ${name(last.element)} to ${name(element)}`);
    last = { element, seen };
    const ring = ringOf(seen);
    const box = seen.getBoundingClientRect();
    const under = behind(ring.offset >= 0 ? seen.parentElement : seen);
    if (document.activeElement !== element) faults.push(`takes no focus: ${name(element)}`);
    else if (ring.width < 2) faults.push(`no ring: ${name(element)}`);
    else if (contrast(ring.color, under) < 3) faults.push(`ring of contrast ${contrast(ring.color, under).toFixed(2)}: ${name(element)}`);
    const cut = cutBy(seen, Math.max(0, ring.offset + ring.width));
    if (cut) faults.push(`ring cut off by ${name(cut)}: ${name(element)}`);
    if (!isReached(seen, box)) faults.push(`something before it: ${name(element)}`);
  }
  before.element?.focus?.({ preventScroll: true });
  scrollTo(0, before.top);
  return faults;
}
