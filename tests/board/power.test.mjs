// The power of the board is cut while what the agent stores is on its way to the disk, a real ext4 on the kernel's own
// block layer: what the kernel had not written is lost. What the agent had told as saved is there after the next start,
// and what was on its way is there once or not at all; the context store gets each change exactly once.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { memberUri } from '../e2e/lib/till.mjs';
import { Board } from './lib/board.mjs';

const CUTS = 3;

const board = Board.make({
  image: process.env.TB_BOARD, head: { machine: process.env.TB_MACHINE, image: process.env.TB_IMAGE }, disk: true,
});
let rivera;
let gtin;

const statusSays = (text) => board.machine.run(
  `until tillbridge --socket /run/tillbridge/tillbridge.sock --json status | grep -q '${text}'; do usleep 20000; done`);
const typed = (text, outcome) => board.causes(() => board.machine.type(`${text}\n`), new RegExp(`outcome outcome=${outcome} .*reader=Scanner `));

// The changes without a verdict that the agent found on its disk.
async function agentStarts() {
  const from = board.machine.transcript.lines.length;
  await board.startAgent();
  const ready = await board.machine.transcript.says(/agent ready .*unsent=\d+/, from);
  await board.machine.transcript.says(/readers state reader=Scanner .*state=ready /, from);
  return Number(/unsent=(\d+)/.exec(ready)[1]);
}

async function quantityInStore() {
  const web = await board.webChannel(rivera.id);
  const { doc } = await web.cartWith('the cart', () => true);
  web.close();
  return doc.lines.filter((line) => line.gtin === gtin).reduce((sum, line) => sum + line.quantity, 0);
}

before(async () => {
  await board.start();
  [rivera] = board.customers;
  gtin = board.products[0].gtin;
  await board.causes(agentStarts, /line state state=live/);
  await statusSays(`"customers":[1-9][0-9]*,"products":${board.products.length}`);
  await board.machine.run('sync'); // the cache can be filled again, so the agent waits for the disk only with changes
});

after(() => board.end());

test('what was saved outlives a power cut, and reaches the context store once', { timeout: 240_000 }, async () => {
  const web = await board.webChannel(rivera.id);
  await web.add(gtin, 1);
  web.close();
  const first = await quantityInStore();
  await board.causes(() => board.store.stop(), /line state state=offline/);
  let saved = 0;
  for (let cut = 0; cut < CUTS; cut++) {
    await typed(memberUri(rivera), 'recognised');
    await typed(gtin, 'product');
    await statusSays(`"unsent":${saved + 1}[^0-9]`);
    await typed(gtin, 'product');
    for (let look = 0; look < cut; look++) await board.status(); // the power goes at once, and later, and later
    await board.cutPower();
    await board.startTill();
    const found = await agentStarts();
    assert.ok(found === saved + 1 || found === saved + 2, `${found} changes are there, ${saved + 1} were saved, ${saved + 2} made`);
    saved = found;
  }
  console.log(`${saved} of ${2 * CUTS} changes were on the disk`);
  await board.causes(() => board.startStore(), /line state state=live/);
  await statusSays('"unsent":0[^0-9]');
  assert.equal(await quantityInStore(), first + saved);
});
