// The clerk: a real browser on the clerk page.

import { Screen } from './screen.mjs';

// Runs in the page.
function screen() {
  const text = (selector) => {
    const element = document.querySelector(selector);
    return element && element.offsetParent !== null ? element.innerText.replace(/\s+/g, ' ').trim() : '';
  };
  const tier = document.querySelector('#customer .tier');
  return {
    till: text('#till'), store: text('#store'), line: text('#pill'), band: text('#band'), unsent: text('#unsent'),
    title: text('#stage h1'), detail: text('#stage p'), fact: text('#stage .fact'), strip: text('#strip'),
    name: text('#customer h1'), tier: text('#customer .tier b'), symbol: text('#customer .tier .symbol'),
    tierColor: tier && tier.offsetParent ? getComputedStyle(tier).backgroundColor : '',
    points: text('#customer .points'), touched: `${text('#cart-title')} ${text('#touched')}`.trim(), total: text('#total'), items: text('#items'),
    lines: [...document.querySelectorAll('#lines li')].filter((li) => li.offsetParent !== null)
      .map((li) => li.innerText.replace(/\s+/g, ' ').trim()),
    visit: document.querySelector('#visit')?.offsetParent != null,
  };
}

export class Clerk extends Screen {
  static read = screen;
}
