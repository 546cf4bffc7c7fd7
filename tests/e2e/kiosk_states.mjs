// Every state of the kiosk's page (lib/every_state.mjs), portrait and landscape, light and dark. TB_ALL: every size in both
// schemes.

import { everyState, settle } from './lib/every_state.mjs';
import { states as screens } from './lib/kiosk_messages.mjs';
import { alike, answerIn, turns } from './lib/kiosk_turns.mjs';
import { mend } from './lib/link_states.mjs';

const states = { ...screens, ...turns };
const SIGHTS = [[1080, 1920, 'light'], [1280, 800, 'dark']];
const MORE_SIGHTS = [[1080, 1920, 'dark'], [1280, 800, 'light'], [1920, 1080, 'light'], [1920, 1080, 'dark']]; // with TB_ALL
const sights = process.env.TB_ALL ? [...SIGHTS, ...MORE_SIGHTS] : SIGHTS;

// How this stage's agent answers; what a state waits for in vain is never answered.
function answer(name) {
  return ({ method }) => {
    if (name.endsWith('-offline')) return { error: { code: -32000, message: 'no', data: { code: 'retry.offline' } } };
    return answerIn(name, method);
  };
}

async function play(page, stage, name, messages) {
  const opened = stage.opening();
  stage.answer = answer(name);
  await mend(page, stage, messages);
  stage.silent = name.endsWith('-asking');
  await page.goto(stage.url);
  if (!stage.deaf) await opened;
  let ready = 'body[data-kind=idle]';
  for (const step of messages) {
    if (typeof step !== 'function') {
      stage.say(...step);
      if (step[0] === 'visit' && step[1].visit) ready = 'body[data-kind=cart], body[data-kind=merge]';
      continue;
    }
    if (!stage.deaf) await page.waitForSelector(ready);
    await step(page, stage);
  }
  await settle(page);
}

everyState('/kiosk', Object.keys(states), {
  play,
  messages: (name) => states[name],
  sights: (name, language) => (alike.has(name) ? sights.slice(1, 2) : language === 'en' ? sights : sights.slice(0, 1)), // the narrower strip
  judged: (name) => !alike.has(name), // contrast and sizes are measured in all
  rules: { scrolling: '.scroll, .facts, .people, .languages, .what .name, #bar .store', strip: '.cart' },
  options: { hasTouch: true },
});
