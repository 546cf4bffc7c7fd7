// The keyboard: every key of a clerk once, and none of a scanner that types as a keyboard would. A key that prints waits
// a moment before it counts as a command, because a scanner's first one looks just like it.
import { SINGLE_MS, feedKey, quiet } from './burst.js';

/** onKey(event) for each key that a person pressed; onBurst() once for each code that a scanner typed here. */
export function createKeyboard(root, { onKey, onBurst }, env = globalThis) {
  const board = { guard: quiet(), waiting: [], timer: null, env, onKey, onBurst };
  root.addEventListener('keydown', (event) => press(board, event), { capture: true });
}

const isText = (target) => target.matches?.('input:not([type=radio]), textarea');

function press(board, event) {
  const value = isText(event.target) ? event.target.value : null;
  const [guard, verdict] = feedKey(board.guard, { at: event.timeStamp, key: event.key, value, repeat: event.repeat });
  board.guard = guard;
  if (verdict !== 'take') {
    event.preventDefault();
    event.stopPropagation();
    if (verdict === 'undo') undo(board, event.target);
    return;
  }
  if (value === null && event.key.length === 1 && !event.repeat && !event.ctrlKey && !event.altKey && !event.metaKey) {
    hold(board, event);
    return;
  }
  if (event.key !== 'Enter' && event.key !== 'Tab') flush(board);
  board.onKey(event);
}

// A space on a button is the browser's press, which cannot wait.
function hold(board, event) {
  if (event.key === ' ') return;
  event.preventDefault();
  board.waiting.push(event);
  board.env.clearTimeout(board.timer);
  board.timer = board.env.setTimeout(() => flush(board), SINGLE_MS);
}

function flush(board) {
  board.env.clearTimeout(board.timer);
  for (const event of board.waiting.splice(0)) board.onKey(event);
}

function undo(board, target) {
  board.env.clearTimeout(board.timer);
  board.waiting = [];
  if (isText(target) && board.guard.before !== null) {
    target.value = board.guard.before;
    target.dispatchEvent(new Event('input', { bubbles: true }));
  }
  board.onBurst();
}
