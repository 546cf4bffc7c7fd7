// Whether what a code brings may go into her cart: what it is, and two answers. Escape is a no.

import { nameOf } from './cart.js';
import { moneyOf, onSpoken, said } from './words.js';

const own = (id) => document.getElementById(id);

function item(line, money) {
  const li = document.createElement('li');
  const name = document.createElement('span');
  const price = document.createElement('span');
  name.textContent = `${said().number(line.quantity)} × ${nameOf(line)}`;
  price.textContent = money(line.quantity * line.unit_price);
  li.append(name, price);
  return li;
}

function show(cart, changed) {
  const w = said();
  const money = moneyOf(cart.currency);
  own('question-title').textContent = w.plural('shop.question.title', cart.item_count);
  own('question-why').textContent = w.t(changed ? 'shop.question.changed' : 'shop.question.why');
  own('question-lines').replaceChildren(...cart.lines.map((line) => item(line, money)));
  own('question-total').textContent = money(cart.total);
}

/** changed: she was asked before, and it is another cart now. Promises true when she agrees. */
export function agreed(cart, changed) {
  const dialog = own('question');
  show(cart, changed);
  const end = onSpoken(() => show(cart, changed));
  own('question-yes').onclick = () => dialog.close('yes');
  own('question-no').onclick = () => dialog.close('no');
  dialog.returnValue = ''; // of the last time
  return new Promise((resolve) => {
    dialog.onclose = () => {
      end();
      resolve(dialog.returnValue === 'yes');
    };
    dialog.showModal();
  });
}
