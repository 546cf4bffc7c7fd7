// The boot loader of a board whose flash QEMU does not let anybody write: what it finds in the slots decides what it starts.
// TB_BOARD is a folder of boards/mcu, TB_MACHINE what QEMU calls it, TB_FIRMWARE the folder of its images.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { imagesOf, slotOf } from '../../firmware/image.mjs';

const { TB_BOARD: board, TB_MACHINE: machine, TB_FIRMWARE: firmware } = process.env;
const BODY_AT = 512;
const folder = mkdtempSync(join(tmpdir(), 'tb-boot-'));
after(() => rmSync(folder, { recursive: true }));

// An image as it stands in its slot; damage is the offset of a byte of the program.
function slotFile({ header, body }, damage) {
  const path = join(folder, `slot-${header.readUInt32BE(48).toString(16)}-${damage ?? 'whole'}`);
  const slot = slotOf({ header, body });
  if (damage !== undefined) slot[BODY_AT + damage] ^= 0xff;
  writeFileSync(path, slot);
  return ['-device', `loader,file=${path},addr=0x${header.readUInt32BE(48).toString(16)},force-raw=on`];
}

// What the started program says first on its line: HELLO, with the board's name.
async function hello(...slots) {
  const child = spawn('qemu-system-arm', ['-M', machine, '-display', 'none', '-monitor', 'none', '-serial', 'stdio',
    '-kernel', join(firmware, 'boot.elf'), ...slots.flat()], { stdio: ['ignore', 'pipe', 'inherit'] });
  try {
    let said = Buffer.alloc(0);
    for await (const chunk of child.stdout) {
      said = Buffer.concat([said, chunk]);
      if (said.includes(board)) return true;
    }
    return false;
  } finally {
    child.kill('SIGKILL');
  }
}

const [first, second] = imagesOf(readFileSync(join(firmware, 'head.tbfw')));
const ENTRY = 4; // in the vector table: a program with this byte changed could not say a word

test('the whole image of the first slot is started', { timeout: 30000 }, async () => {
  assert.ok(await hello(slotFile(first)));
});

test('when the first slot is damaged the second one is started', { timeout: 30000 }, async () => {
  assert.ok(await hello(slotFile(first, ENTRY), slotFile(second)));
});

test('a damaged second slot changes nothing', { timeout: 30000 }, async () => {
  assert.ok(await hello(slotFile(first), slotFile(second, ENTRY)));
});
