// Every state of the clerk page in a real browser, in three sizes, light and dark: what must hold on each
// is checked, and each is stored as a picture in the folder TB_PICTURES. TB_STATES=a,b takes only those.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { chromium } from 'playwright-core';

import { states } from './lib/clerk_messages.mjs';
import { CHROMIUM, startStage } from './lib/clerk_stage.mjs';

const folder = process.env.TB_PICTURES ?? '';
const only = (process.env.TB_STATES ?? '').split(',').filter(Boolean);
const SIZES = [[1024, 600], [800, 480], [1920, 1080]];
const SCHEMES = ['light', 'dark'];

/** Runs in the page: what breaks the rules that hold on every screen. */
function findFaults() {
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
    if (own && style.textOverflow !== 'ellipsis' && !element.closest('.scroll, .facts') && (element.scrollWidth > element.clientWidth + 1 && element.clientWidth > 0)) faults.push(`cut text: ${name(element)}`);
    if (own && !element.closest('.scroll, .facts') && (box.left < -1 || box.right > innerWidth + 1 || box.bottom > innerHeight + 1 || box.top < -1)) faults.push(`outside the screen: ${name(element)}`);
    const facts = own && element.closest('.facts:not(:has(.details))'); // the details scroll
    if (facts && box.bottom > facts.getBoundingClientRect().bottom + 1) faults.push(`cut at the bottom: ${name(element)}`);
    if (element.tagName === 'BUTTON' && (box.width < 43.5 || box.height < 43.5)) faults.push(`target below 44 px: ${name(element)} ${box.width}×${box.height}`);
    if (own && !element.disabled) {
      const [light, dark] = [luminance(parse(style.color).rgb), luminance(behind(element))].sort((a, b) => b - a);
      const ratio = (light + 0.05) / (dark + 0.05);
      if (ratio < 4.5) faults.push(`contrast ${ratio.toFixed(2)}: ${name(element)}`);
    }
  }
  const strip = document.querySelector('#strip:not([hidden])')?.getBoundingClientRect();
  for (const element of document.querySelectorAll('#keys > *, #sum, #lines .quantity')) {
    const box = element.getBoundingClientRect();
    const apart = !strip || box.bottom <= strip.top || box.top >= strip.bottom || box.right <= strip.left || box.left >= strip.right;
    if (!apart) faults.push(`under the strip: ${name(element)}`);
  }
  if (document.documentElement.scrollWidth > innerWidth || document.documentElement.scrollHeight > innerHeight) faults.push('the page scrolls');
  return faults;
}

async function play(page, stage, messages) {
  const opened = new Promise((resolve) => { stage.script = (send) => resolve(send); });
  await page.goto(stage.url);
  await opened;
  for (const step of messages) {
    if (typeof step === 'function') {
      await page.waitForSelector('body[data-kind=visit]');
      await step(page);
    }
    if (typeof step !== 'function') stage.say(...step);
  }
  await settle(page);
}

const settle = (page) => page.evaluate(() => new Promise((resolve) => { requestAnimationFrame(() => requestAnimationFrame(resolve)); }));

async function look(page, name, [width, height], scheme) {
  await page.setViewportSize({ width, height });
  await page.emulateMedia({ colorScheme: scheme });
  await settle(page);
  if (folder) await page.screenshot({ path: path.join(folder, `${name}-${width}x${height}-${scheme}.png`) });
  return (await page.evaluate(findFaults)).map((fault) => `${name} ${width}x${height} ${scheme}: ${fault}`);
}

async function lookAll(browser, stage, name, messages) {
  const context = await browser.newContext({ timezoneId: 'Europe/Berlin', locale: 'en-GB', reducedMotion: 'reduce' });
  const page = await context.newPage();
  const faults = [];
  page.on('pageerror', (error) => faults.push(`${name}: ${error.message}`));
  page.on('console', (message) => { if (message.type() === 'error' && !message.location().url.endsWith('favicon.ico')) faults.push(`${name}: ${message.text()}`); });
  await play(page, stage, messages);
  for (const size of SIZES) for (const scheme of SCHEMES) faults.push(...await look(page, name, size, scheme));
  await context.close();
  return faults;
}

test('every state holds in every size and scheme', async () => {
  if (folder) mkdirSync(folder, { recursive: true });
  const stage = await startStage();
  const browser = await chromium.launch(CHROMIUM);
  const faults = [];
  for (const [name, messages] of Object.entries(states)) {
    if (only.length > 0 && !only.includes(name)) continue;
    faults.push(...await lookAll(browser, stage, name, messages));
  }
  await browser.close();
  await stage.stop();
  assert.deepEqual(faults, []);
});
