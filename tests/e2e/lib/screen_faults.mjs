// What breaks the rules that hold on every screen of every page.

/**
 * Runs in the page. rules: scrolling, what may be cut or beyond the edge because it scrolls; whole, what must not although it
 * could; told, what must be there to the last word; strip, what #strip must not cover; long, that the page is read from top to bottom and scrolls. Returns one line per fault.
 */
export function screenFaults({ scrolling, whole, told, strip: uncovered, long }) {
  const faults = [];
  const visible = (element) => element.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true }) && element.getClientRects().length > 0 && !element.closest('.sr, .sprite');
  const name = (element) => `${element.tagName.toLowerCase()}#${element.id}.${element.className} "${element.textContent.slice(0, 40)}"`;
  const luminance = (rgb) => rgb.map((v) => v / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)).reduce((sum, v, n) => sum + v * [0.2126, 0.7152, 0.0722][n], 0);
  const parse = (text) => { const v = (text.match(/[\d.]+/g) ?? []).map(Number); return { rgb: v.slice(0, 3), alpha: v[3] ?? 1 }; };
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) { const c = parse(getComputedStyle(at).backgroundColor); if (c.alpha > 0.99 && c.rgb.length === 3) return c.rgb; }
    return [255, 255, 255];
  };
  for (const element of document.body.querySelectorAll('*')) {
    if (!visible(element) || element.closest('svg')) continue;
    const style = getComputedStyle(element);
    const box = element.getBoundingClientRect();
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    if (own && parseFloat(style.fontSize) < 16) faults.push(`text below 16 px: ${name(element)}`);
    if (own && style.textOverflow !== 'ellipsis' && !element.closest(scrolling) && (element.scrollWidth > element.clientWidth + 1 && element.clientWidth > 0)) faults.push(`cut text: ${name(element)}`);
    if (own && !element.closest(scrolling) && (box.left < -1 || box.right > innerWidth + 1 || (!long && box.bottom > innerHeight + 1) || box.top < -1)) faults.push(`outside the screen: ${name(element)}`);
    const frame = own && whole && element.closest(whole);
    if (frame && box.bottom > frame.getBoundingClientRect().bottom + 1) faults.push(`cut at the bottom: ${name(element)}`);
    if (element.tagName === 'BUTTON' && style.textOverflow !== 'ellipsis' && element.scrollWidth > element.clientWidth + 1) faults.push(`wider than its button: ${name(element)}`);
    if (own && told && element.matches(told) && element.scrollHeight > element.clientHeight + 1) faults.push(`cut text: ${name(element)}`);
    if (/[1-9]/.test(`${style.transitionDuration} ${style.animationName === 'none' ? '' : style.animationDuration}`)) faults.push(`would move: ${name(element)}`);
    if (own && !element.disabled) {
      const [light, dark] = [luminance(parse(style.color).rgb), luminance(behind(element))].sort((a, b) => b - a);
      const ratio = (light + 0.05) / (dark + 0.05);
      if (ratio < 4.5) faults.push(`contrast ${ratio.toFixed(2)}: ${name(element)}`);
    }
  }
  // Whatever can be pressed: of a field in a label all of the label.
  const targets = [...document.body.querySelectorAll('a[href], button, input, select, textarea, summary, label, [role=button], [role=checkbox], [role=link], [tabindex="0"]')];
  for (const element of targets.filter((one) => !one.matches('label :is(input, select, textarea)') && visible(one))) {
    const box = element.getBoundingClientRect();
    if (box.width < 43.5 || box.height < 43.5) faults.push(`target below 44 px: ${name(element)} ${box.width}×${box.height}`);
  }
  for (const { effect } of document.getAnimations()) faults.push(`moves: ${name(effect.target)}`);
  const strip = document.querySelector('#strip:not([hidden])')?.getBoundingClientRect();
  for (const element of strip && uncovered ? document.querySelectorAll(uncovered) : []) {
    const box = element.getBoundingClientRect();
    const apart = box.bottom <= strip.top || box.top >= strip.bottom || box.right <= strip.left || box.left >= strip.right;
    if (!apart) faults.push(`under the strip: ${name(element)}`);
  }
  if (document.documentElement.scrollWidth > innerWidth || (!long && document.documentElement.scrollHeight > innerHeight)) faults.push('the page scrolls');
  return faults;
}
