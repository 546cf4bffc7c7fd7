// The cart on the page: one list item for each line, changed in place, so that nothing moves under a finger and focus stays.

const own = (selector) => document.querySelector(selector);

export function moneyOf(currency) {
  const format = new Intl.NumberFormat('en', { style: 'currency', currency: currency || 'EUR' });
  const { maximumFractionDigits } = format.resolvedOptions();
  return (minor) => format.format(minor / 10 ** maximumFractionDigits);
}

function button(text, label, act) {
  const made = document.createElement('button');
  Object.assign(made, { textContent: text, onclick: act });
  made.setAttribute('aria-label', label);
  return made;
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
  const shown = { li, name, quantity, price, fact, line };
  steps.append(button('−', `One less of ${line.name ?? 'it'}`, () => hooks.step(shown.line, -1)), quantity,
    button('+', `One more of ${line.name ?? 'it'}`, () => hooks.step(shown.line, 1)));
  li.append(name, steps, price, button('×', `Remove ${line.name ?? 'it'}`, () => hooks.remove(shown.line)), fact);
  return shown;
}

function facts(line, money) {
  return [
    line.pending && 'not sent yet',
    line.price_change && `price ${line.price_change.by < 0 ? 'fell' : 'rose'} by ${money(Math.abs(line.price_change.by))}`,
    ['till', 'kiosk'].includes(line.channel) && `added at the ${line.channel}`,
    line.note,
  ].filter(Boolean).join(' · ');
}

/** hooks: step(line, by), remove(line). Gives a function that shows a cart, or null. */
export function cartList(hooks) {
  const shown = new Map();
  return (cart) => {
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
      const parts = shown.get(line.id);
      parts.line = line;
      parts.li.dataset.gtin = line.gtin;
      parts.li.toggleAttribute('data-pending', line.pending);
      parts.name.textContent = line.name ?? line.gtin;
      parts.quantity.textContent = line.quantity;
      parts.price.textContent = money(line.quantity * line.unit_price);
      parts.fact.textContent = facts(line, money);
    }
    own('#empty').hidden = lines.length > 0;
    own('#sum').hidden = lines.length === 0;
    own('#items').textContent = cart ? `${cart.item_count} item${cart.item_count === 1 ? '' : 's'}` : '';
    own('#total').textContent = cart ? money(cart.total) : '';
  };
}
