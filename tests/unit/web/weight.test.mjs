// What a browser has to load, and what a strict page must not contain.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { served } from '../../support/served.mjs';
import { agent } from './web.mjs';

const PAGE_SIZE_MAX = 100_000; // bytes, as they are sent: with the words of one language beside the English ones

const web = path.join(agent, 'web');
const pages = readdirSync(web, { withFileTypes: true }).filter((one) => one.isDirectory() && one.name !== 'lib').map(({ name }) => name);
const files = (folder) => readdirSync(path.join(agent, folder)).map((name) => path.join(folder, name));
const text = (name) => readFileSync(path.join(agent, name), 'utf8');
const sent = (name) => gzipSync(served(name), { level: 9 }).length;
const sum = (names) => names.reduce((total, name) => total + sent(name), 0);

for (const page of pages) {
  const own = [...files(`web/${page}`), ...files('web/lib')];

  test(`the whole page is light: ${page}`, () => {
    const words = files('words').filter((name) => name.endsWith('.json')).map(sent);
    const total = sum(['index.html', 'style.css', 'app.js'].map((name) => `web/${page}/${name}`)) + Math.max(...words);
    assert.ok(total <= PAGE_SIZE_MAX, `${total} bytes`);
  });

  test(`no inline script or style, nothing from elsewhere: ${page}`, () => {
    for (const name of own) {
      assert.doesNotMatch(text(name), /\son\w+="|style="|<style|<script(?![^>]+src=|[^>]+type="application\/json")|innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function/, name);
      assert.doesNotMatch(text(name).replaceAll('http://www.w3.org/2000/svg', ''), /https?:\/\//, name);
    }
  });

  test(`every module that is imported and every icon that is named is there: ${page}`, () => {
    for (const name of own.filter((one) => one.endsWith('.js'))) {
      for (const [, wanted] of text(name).matchAll(/from ?'(\.{1,2}\/[\w./]+)'/g)) assert.ok(own.includes(path.join(path.dirname(name), wanted)), `${name}: ${wanted}`);
    }
    const code = own.filter((name) => name.startsWith(`web/${page}/`) && name.endsWith('.js')).map(text).join('\n');
    const icons = new Set([...text(`web/${page}/index.html`).matchAll(/id="i-(\w+)"/g)].map(([, name]) => name));
    for (const [, name] of code.matchAll(/icon: ?'(\w+)'/g)) assert.ok(icons.has(name), name);
    const used = (name) => new RegExp(`['"]${name}['"]`).test(code);
    for (const name of icons) assert.ok(used(name), `unused icon ${name}`);
  });
}
