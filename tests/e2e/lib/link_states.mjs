// Steps of a state in which the page is not connected to its agent, for the stages of clerk_stage.mjs.

/** The agent ends: the page says so while the customer is still shown, or at once. */
export async function lost(page, stage) {
  cut(page, stage, { accepts: false });
  await page.waitForSelector('#band[data-tone=bad], body[data-kind=lost]');
}

/** The page's session is over. */
export async function denied(page, stage) {
  cut(page, stage, { signedIn: false });
  await page.waitForSelector('body[data-kind=denied]');
}

/** From the beginning on nobody answers; the page says what that means after a while. */
export async function unreachable(page) {
  await page.waitForSelector('body[data-kind=connecting], body[data-kind=first]');
  await page.waitForFunction(() => document.querySelector('#stage, #link').textContent.length > 60);
}

function cut(page, stage, change) {
  page.cut = true;
  Object.assign(stage, change);
  stage.drop();
}

/** Before each state: the stage as it is when all is well, and deaf for one that nobody shall answer. */
export async function mend(page, stage, steps) {
  if (page.cut) await page.goto('about:blank'); // what it tried last is told before
  page.cut = false;
  Object.assign(stage, { accepts: true, signedIn: true, silent: false, deaf: steps.includes(unreachable) });
}

/** A browser reports a connection that fails to the console, as it should in these states. */
export const isMeant = (page, message) => page.cut && /WebSocket connection|Failed to load resource/.test(message.text());
