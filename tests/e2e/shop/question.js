// Whether what a code brings may go into her cart: what it is, and two answers. Escape is a no.

import { moneyOf } from './cart.js';

const own = (id) => document.getElementById(id);

function item(line, money) {
  const li = document.createElement('li');
  const name = document.createElement('span');
  const price = document.createElement('span');
  name.textContent = `${line.quantity} × ${line.name ?? line.gtin}`;
  price.textContent = money(line.quantity * line.unit_price);
  li.append(name, price);
  return li;
}

/** changed: she was asked before, and it is another cart now. Promises true when she agrees. */
export function agreed(cart, changed) {
  const money = moneyOf(cart.currency);
  const dialog = own('question');
  own('question-title').textContent = `Put ${cart.item_count === 1 ? 'this item' : `these ${cart.item_count} items`} into your cart?`;
  own('question-why').textContent = `This cart comes from a kiosk${changed ? ', and what is in it has just changed' : ''}. If you were not there, somebody else sent you the link: say no.`;
  own('question-lines').replaceChildren(...cart.lines.map((line) => item(line, money)));
  own('question-total').textContent = money(cart.total);
  own('question-yes').onclick = () => dialog.close('yes');
  own('question-no').onclick = () => dialog.close('no');
  dialog.returnValue = ''; // of the last time
  return new Promise((resolve) => {
    dialog.onclose = () => resolve(dialog.returnValue === 'yes');
    dialog.showModal();
  });
}
