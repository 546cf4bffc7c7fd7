// Every state of the page for IT (lib/every_state.mjs).

import { everyState, settle } from './lib/every_state.mjs';
import { answersOf, states } from './lib/it_messages.mjs';
import { mend } from './lib/link_states.mjs';

const SIGHTS = [[1280, 900, 'light'], [800, 480, 'dark']];

async function play(page, stage, name, messages) {
  const answers = answersOf(states[name]);
  const opened = stage.opening();
  stage.answer = ({ method }) => ({ result: answers[method] ?? {} });
  await mend(page, stage, messages);
  await page.goto(stage.url);
  if (!stage.deaf) await opened;
  for (const step of messages) {
    if (typeof step !== 'function') {
      stage.say(...step);
      continue;
    }
    if (!stage.deaf) await page.waitForSelector('#parts > li');
    await step(page, stage);
  }
  if (!messages.some((step) => typeof step === 'function')) await page.waitForSelector('[data-key=version]'); // everything is answered
  await settle(page);
}

everyState('/it', Object.keys(states), {
  play,
  messages: (name) => states[name].messages,
  sights: () => SIGHTS,
  judged: () => true,
  rules: { scrolling: '#measures, #outcomes', long: true },
  fullPage: true,
});
