// What a browser has to load, and what a strict page must not contain.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync, statSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { folder } from './web.mjs';

const files = readdirSync(folder);
const text = (name) => readFileSync(path.join(folder, name), 'utf8');

test('the whole page is light', { skip: !process.env.TB_WEB && 'the embedded files are what is loaded' }, () => {
  const total = files.reduce((sum, name) => sum + statSync(path.join(folder, name)).size, 0);
  assert.ok(total <= 80 * 1024, `${total} bytes`);
});

test('no inline script or style, nothing from elsewhere', () => {
  for (const name of files) {
    assert.doesNotMatch(text(name), /\son\w+="|style="|<style|<script(?![^>]+src=)|innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function/, name);
    assert.doesNotMatch(text(name).replaceAll('http://www.w3.org/2000/svg', ''), /https?:\/\//, name);
  }
});

test('every module that is imported and every icon that is named is there', () => {
  const code = files.filter((name) => name.endsWith('.js')).map(text).join('\n');
  for (const [, name] of code.matchAll(/from ?'\.\/([\w.]+)'/g)) assert.ok(files.includes(name), name);
  const icons = new Set([...text('index.html').matchAll(/id="i-(\w+)"/g)].map(([, name]) => name));
  for (const [, name] of code.matchAll(/icon: ?'(\w+)'/g)) assert.ok(icons.has(name), name);
  const used = (name) => new RegExp(`['"]${name}['"]`).test(code);
  for (const name of icons) assert.ok(used(name), `unused icon ${name}`);
});
