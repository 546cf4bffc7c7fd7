// What an image takes, against what it may take:
//   node budget.mjs <build folder> <image> <flash max> <RAM max>
// RAM is data and stack together. The stack's bound comes from the compiler's call graph (-fcallgraph-info=su): the
// deepest path of the main loop, on top of it the deepest path of an interrupt (they do not nest) with what the core
// pushes for it. Exit status 1: over, or a graph that has no bound, or a stack with less than SPARE beyond it.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const SPARE = 16; // of the stack; the self-test takes a head for broken that has touched it
const LIBRARY_STACK = 32; // memcpy and its like, which come without a graph
const EXCEPTION_FRAME = 32 + 4; // R0-R3, R12, LR, PC, xPSR, and the gap that aligns them
const ROOTS = /(^|:)(reset_handler|device_handler|tick_handler|warning_handler|fault_handler)$/;

const [folder, image, flashMax, ramMax] = process.argv.slice(2);

function sections() {
  const size = {};
  const text = execFileSync('arm-none-eabi-size', ['-A', join(folder, image)], { encoding: 'utf8' });
  for (const line of text.split('\n')) {
    const [name, bytes] = line.trim().split(/\s+/);
    if (/^\.(text|data|noinit|bss|stack)$/.test(name)) size[name] = Number(bytes);
  }
  return size;
}

// The functions that the linker kept.
function symbols() {
  const text = execFileSync('arm-none-eabi-nm', [join(folder, image)], { encoding: 'utf8' });
  return new Set(text.split('\n').filter((line) => / [tT] /.test(line))
    .map((line) => line.split(' ')[2].replace(/\.(isra|part|constprop)\..*$/, '')));
}

function graph() {
  const nodes = new Map();
  const node = (title) => {
    if (!nodes.has(title)) nodes.set(title, { stack: null, calls: new Set(), called: false });
    return nodes.get(title);
  };
  const kept = symbols();
  // The image's own sources, and those of its libraries, but not of the other images.
  const files = readdirSync(join(folder, 'CMakeFiles'), { recursive: true })
    .filter((f) => f.endsWith('.ci') && (f.startsWith(`${image}.dir/`) || !/^[^/]+\.elf\.dir\//.test(f)));
  for (const file of files) {
    const text = readFileSync(join(folder, 'CMakeFiles', file), 'utf8');
    for (const [, title, bytes, kind] of text.matchAll(/^node: \{ title: "([^"]+)" label: "[^"]*?\\n(\d+) bytes \(([^)]+)\)/gm)) {
      if (!kept.has(title.replace(/.*:/, '').replace(/\.(isra|part|constprop)\..*$/, ''))) continue;
      if (kind !== 'static') throw new Error(`${title} has no bound: ${kind}`);
      node(title).stack = Number(bytes);
    }
    for (const [, from, to] of text.matchAll(/^edge: \{ sourcename: "([^"]+)" targetname: "([^"]+)"/gm)) {
      node(from).calls.add(to);
      node(to).called = true;
    }
  }
  return nodes;
}

function depths(nodes) {
  const known = new Map();
  const path = [];
  const pointed = [...nodes].filter(([title, n]) => n.stack !== null && !n.called && !ROOTS.test(title)).map(([title]) => title);
  function depth(title) {
    if (known.has(title)) return known.get(title);
    if (path.includes(title)) throw new Error(`calls itself: ${[...path, title].join(' ')}`);
    if (title === '__indirect_call') return Math.max(0, ...pointed.map(depth));
    const n = nodes.get(title);
    if (n.stack === null) return LIBRARY_STACK;
    path.push(title);
    const deepest = Math.max(0, ...[...n.calls].map(depth));
    path.pop();
    known.set(title, n.stack + deepest);
    return n.stack + deepest;
  }
  const of = (pattern) => {
    const roots = [...nodes.keys()].filter((title) => pattern.test(title));
    if (roots.length === 0) throw new Error(`the call graph has no ${pattern}`);
    return Math.max(...roots.map(depth));
  };
  return { loop: of(/(^|:)reset_handler$/), interrupt: of(/(^|:)(device|tick|warning)_handler$/) };
}

const size = sections();
const flash = size['.text'] + size['.data'];
const ram = size['.data'] + size['.bss'] + (size['.noinit'] ?? 0) + size['.stack'];
const { loop, interrupt } = depths(graph());
const stack = loop + interrupt + EXCEPTION_FRAME;
const lines = [['flash', flash, Number(flashMax)], ['RAM', ram, Number(ramMax)], ['stack', stack, size['.stack'], SPARE]];
const over = lines.filter(([, used, max, spare = 0]) => !(used + spare <= max));
console.log(lines.map(([name, used, max]) => `${name} ${used} of ${max}`).join(', ') + (over.length ? `: over in ${over[0][0]}` : ''));
process.exitCode = over.length ? 1 : 0;
