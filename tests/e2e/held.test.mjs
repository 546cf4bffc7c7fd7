// A call that a till took over while somebody else tapped is held until she is done, but not for longer than ten minutes.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { SecondTill } from './lib/second_till.mjs';
import { Till } from './lib/till.mjs';

const till4 = Till.make({ policy: ['--idle-ms', '3600000'] });
const kiosk7 = SecondTill.beside(till4, 'kiosk-0421-7');
const passed = till4.path('eleven-minutes');
let till, kiosk;

before(async () => {
  till4.till_env = {
    LD_PRELOAD: process.env.TB_WRONG_MACHINE,
    ASAN_OPTIONS: `${process.env.ASAN_OPTIONS ?? ''}:verify_asan_link_order=0`,
    TB_CLOCK_PASSED: passed,
  };
  await till4.start();
  await kiosk7.start();
  till = await till4.workingPage();
  kiosk = await kiosk7.shopperPage();
  await kiosk.sees('a live line', (s) => s.state.line.state === 'live' && s.terminal);
});

after(async () => {
  await kiosk7.end();
  await till4.end();
});

const help = (state) => kiosk.sees(`help ${state}`, (s) => s.help?.state === state).then((s) => s.help);

test('after ten minutes it is open again, and who called is told', async () => {
  const [rivera] = till4.customers;
  const { result } = await kiosk.request('visit.start');
  await kiosk.sees('the visit', (s) => s.visit?.id === result.visit);
  assert.equal((await kiosk.request('help.call', { visit: result.visit })).error, undefined);
  const [open] = await till.sees('the call', (s) => s.handovers?.open.length === 1).then((s) => s.handovers.open);
  till4.store.child.kill('SIGSTOP');
  const taken = till.request('handover.accept', { handover: open.id });
  assert.equal(await till.code('handover.accept', { handover: open.id }), 'refused.conflict'); // it is under way
  await till4.serve(till, rivera);
  till4.store.child.kill('SIGCONT');
  assert.deepEqual((await taken).result, { later: true });
  assert.equal((await help('accepted')).by, 'Till 4');
  const [held] = await till.sees('that it is held', (s) => s.handovers.held.length === 1).then((s) => s.handovers.held);
  assert.deepEqual([held.id, held.from], [open.id, open.from]);
  assert.ok(held.until_ms > open.at_ms && held.until_ms <= till.shown.handovers.wall_ms + 601_000, `${held.until_ms}`);
  writeFileSync(passed, '');
  till.close(); // for it, too, that time has passed
  till = await till4.page(); // and the agent looks at the clock
  assert.deepEqual([(await help('waiting')).back_by, kiosk.shown.help.by], ['Till 4', undefined]);
  await till.sees('the call again', (s) => s.view && s.handovers?.open.some((one) => one.id === open.id) && s.handovers.held.length === 0);
  assert.deepEqual([till.shown.handovers.back.id, till.shown.handovers.back.from], [open.id, open.from]);
  assert.equal(till.shown.view.customer.name, rivera.name, 'nobody is sent away');
});
