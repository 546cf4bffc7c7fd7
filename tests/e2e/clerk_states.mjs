// Every state of the clerk page (lib/every_state.mjs), in three sizes, light and dark.

import { states as dialogs } from './lib/clerk_dialogs.mjs';
import { states as screens } from './lib/clerk_messages.mjs';
import { alike, turns } from './lib/clerk_turns.mjs';
import { everyState, settle } from './lib/every_state.mjs';
import { mend } from './lib/link_states.mjs';

const states = { ...screens, ...dialogs, ...turns };
const SIGHTS = [[1024, 600, 'light'], [800, 480, 'dark'], [1920, 1080, 'light']];

async function play(page, stage, name, messages) {
  stage.answer = undefined;
  await mend(page, stage, messages);
  const opened = stage.opening();
  await page.goto(stage.url);
  if (!stage.deaf) await opened;
  for (const step of messages) {
    if (typeof step === 'function') {
      if (!stage.deaf) await page.waitForSelector(`body[data-kind=${messages.some((one) => one[0] === 'visit' && one[1].visit) ? 'visit' : 'idle'}]`);
      await step(page, stage);
    }
    if (typeof step !== 'function') stage.say(...step);
  }
  await settle(page);
}

function sights(name, language) {
  if (alike.has(name) || language !== 'en') return SIGHTS.slice(1, 2); // where there is least room
  return Object.hasOwn(dialogs, name) ? SIGHTS.slice(0, 2) : SIGHTS; // a dialog grows no further
}

everyState('/clerk', Object.keys(states), {
  play,
  messages: (name) => states[name],
  sights,
  judged: (name) => !alike.has(name), // contrast and sizes are measured in all
  rules: { scrolling: '.scroll, .facts, dialog .body', whole: '.facts:not(:has(.details))', told: '#strip span', strip: '#keys > *, #sum, #claim, #cart > .scroll' }, // the details scroll
});
