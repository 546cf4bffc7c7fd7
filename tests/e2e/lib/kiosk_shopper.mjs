// The shopper: a real browser on the kiosk's page, upright, and a finger.

import { Screen } from './screen.mjs';

// Runs in the page.
function screen() {
  const shown = (element) => element?.checkVisibility() ?? false;
  const words = (element) => (shown(element) ? element.innerText.replace(/\s+/g, ' ').trim() : '');
  const text = (selector) => words(document.querySelector(selector));
  return {
    kind: document.body.dataset.kind, language: document.documentElement.lang, title: text('#stage h1'), all: text('#stage'), band: text('#band'), strip: text('#strip'),
    tier: text('.tier b'), total: text('.sum b'), items: text('.sum > span'), calling: text('.calling'), joined: text('.joined'),
    lines: [...document.querySelectorAll('.cart li')].filter(shown).map(words), rows: [...document.querySelectorAll('tbody tr')].filter(shown).map(words),
    people: [...document.querySelectorAll('.person')].filter(shown).map(words),
    dialog: document.getElementById('panel').dataset.kind ?? '', panel: text('#panel'), code: [...document.querySelectorAll('.code span:not(.sr)')].map(words).join(''),
    acts: [...document.querySelectorAll('#foot [data-act]')].filter(shown).map((button) => button.dataset.act),
  };
}

export class KioskShopper extends Screen {
  static read = screen;

  static open(url, options = {}) {
    return super.open(url, { width: 1080, height: 1920, hasTouch: true, reducedMotion: 'reduce', ...options });
  }

  // Touches what does this, in the line of that number when one is given.
  touch(act, line) {
    const within = line === undefined ? this.page : this.page.locator('.cart li').nth(line);
    return within.locator(`[data-act="${act}"]:visible`).last().tap();
  }
}
