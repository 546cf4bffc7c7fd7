// SQLite files as bytes (sqlite.org/fileformat2.html): damaged on purpose, without SQLite's help.

import { readFileSync, writeFileSync } from 'node:fs';

const TABLE_LEAF = 0x0d;
const VERSION_AT = 60; // user_version in the file's header

function varint(bytes, at) {
  let value = 0;
  for (let i = 0; i < 9; i++) {
    value = value * 128 + (bytes[at + i] & 0x7f);
    if (bytes[at + i] < 0x80) return { value, next: at + i + 1 };
  }
  throw new Error('a varint of more than eight bytes');
}

export function setVersion(path, version) {
  const bytes = readFileSync(path);
  bytes.writeUInt32BE(version, VERSION_AT);
  writeFileSync(path, bytes);
}

const pageSize = (bytes) => (bytes.readUInt16BE(16) === 1 ? 65536 : bytes.readUInt16BE(16));

// Flips one bit in the last byte of every row of tables that is at least so long; how many rows that were. The schema's
// rows, on the first page, are left alone.
export function flipRows(path, size_min) {
  const bytes = readFileSync(path);
  let count = 0;
  for (let page = pageSize(bytes); page < bytes.length; page += pageSize(bytes)) {
    if (bytes[page] !== TABLE_LEAF) continue;
    const cells = bytes.readUInt16BE(page + 3);
    for (let i = 0; i < cells; i++) {
      const cell = page + bytes.readUInt16BE(page + 8 + 2 * i);
      const payload = varint(bytes, cell);
      const rowid = varint(bytes, payload.next);
      if (payload.value < size_min || payload.value > pageSize(bytes) - 35) continue;
      bytes[rowid.next + payload.value - 1] ^= 0x10;
      count++;
    }
  }
  writeFileSync(path, bytes);
  return count;
}

// Overwrites what is behind this part of the file, from 0 to 1, and behind the first page.
export function ruinPages(path, part) {
  const bytes = readFileSync(path);
  bytes.fill(0xa5, Math.max(1, Math.floor((part * bytes.length) / pageSize(bytes))) * pageSize(bytes));
  writeFileSync(path, bytes);
}
