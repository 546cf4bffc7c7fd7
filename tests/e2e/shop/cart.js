// The cart on the page: one list item for each line, changed in place, so that nothing moves under a finger and focus stays.

import { moneyOf, said } from './words.js';

const LABELS = { less: 'shop.less', more: 'shop.more', remove: 'shop.remove' };

const own = (selector) => document.querySelector(selector);

export const nameOf = (line) => line.name ?? line.gtin;

function button(text, act) {
  return Object.assign(document.createElement('button'), { textContent: text, onclick: act });
}

function item(line, hooks) {
  const li = document.createElement('li');
  const name = document.createElement('span');
  const steps = document.createElement('span');
  const quantity = document.createElement('output');
  const price = document.createElement('span');
  const fact = document.createElement('small');
  name.className = 'name';
  steps.className = 'steps';
  price.className = 'price';
  fact.className = 'fact';
  const shown = { li, name, quantity, price, fact, line, less: button('−', () => hooks.step(shown.line, -1)), more: button('+', () => hooks.step(shown.line, 1)),
    remove: button('×', () => hooks.remove(shown.line)) };
  steps.append(shown.less, quantity, shown.more);
  li.append(name, steps, price, shown.remove, fact);
  return shown;
}

function facts(line, money) {
  const w = said();
  const change = line.price_change;
  return [
    line.pending && w.t('shop.fact.pending'),
    line.gift && w.t('shop.fact.gift'),
    change && w.t(change.by < 0 ? 'shop.fact.fell' : 'shop.fact.rose', { by: money(Math.abs(change.by)) }),
    w.has(`shop.fact.${line.channel}`) && w.t(`shop.fact.${line.channel}`),
    line.note,
  ].filter(Boolean).join(' · ');
}

function show(parts, line, money) {
  const w = said();
  parts.line = line;
  parts.li.dataset.gtin = line.gtin;
  parts.li.toggleAttribute('data-pending', line.pending);
  parts.name.textContent = nameOf(line);
  parts.quantity.textContent = w.number(line.quantity);
  parts.price.textContent = money(line.quantity * line.unit_price);
  parts.fact.textContent = facts(line, money);
  for (const [act, key] of Object.entries(LABELS)) parts[act].setAttribute('aria-label', w.t(key, { name: nameOf(line) }));
}

/** hooks: step(line, by), remove(line). Gives a function that shows a cart, or null. */
export function cartList(hooks) {
  const shown = new Map();
  return (cart) => {
    const w = said();
    const money = moneyOf(cart?.currency);
    const lines = cart?.lines ?? [];
    for (const [id, { li }] of shown) {
      if (lines.some((line) => line.id === id)) continue;
      if (li.contains(document.activeElement)) own('#cart-title').focus();
      li.remove();
      shown.delete(id);
    }
    for (const line of lines) {
      if (!shown.has(line.id)) {
        shown.set(line.id, item(line, hooks));
        own('#lines').append(shown.get(line.id).li);
      }
      show(shown.get(line.id), line, money);
    }
    own('#empty').hidden = lines.length > 0;
    own('#sum').hidden = lines.length === 0;
    own('#items').textContent = cart ? w.plural('shop.items', cart.item_count) : '';
    own('#total').textContent = cart ? money(cart.total) : '';
  };
}
