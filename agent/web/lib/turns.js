// One change of the cart after the other: what is pressed before the agent answered is about what the answer leaves, or a
// second "less" would count from a quantity that is gone, and taking back would not know what there is to take back.

/**
 * Returns turn(act). act() is called now, or when those before it are done, and returns a promise of whether it went well;
 * anything else is done at once. What waits behind one that did not go well is dropped: it was about what did not happen.
 */
export function inTurn() {
  const waiting = [];
  let busy = false;
  const settle = (went) => {
    busy = false;
    if (!went) waiting.length = 0;
    while (waiting.length > 0 && !busy) run(waiting.shift());
  };
  const run = (act) => {
    const asked = act();
    if (!asked) return;
    busy = true;
    asked.then(settle);
  };
  return (act) => { if (busy) waiting.push(act); else run(act); };
}
