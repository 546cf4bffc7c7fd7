// Every word that the clerk page shows, one catalogue per language, and the formats that depend on
// the language: plurals, money, times and ages. Nothing here reads a clock: times are handed in.

const en = {
  'bar.till': 'Till {till}',
  'bar.kiosk': 'Kiosk {till}',
  'bar.store': '{name} ({store})',
  'line.live': 'Online · live',
  'line.connecting': 'Connecting…',
  'line.offline': 'Offline since {time}',
  'line.page': 'Page not connected',
  'unsent': { one: '{n} not sent yet', other: '{n} not sent yet' },

  'idle.both': 'Tap a card, hold a phone or scan a code',
  'idle.nfc': 'Tap a card or hold a phone',
  'idle.scanner': 'Scan a code',
  'idle.none': 'No reader is ready',
  'idle.none.detail': 'Cards and codes cannot be read right now.',
  'idle.starting': 'Getting ready…',
  'idle.starting.detail': 'The readers are being started.',

  'reading.title': 'Hold it there…',
  'reading.detail': 'Keep the card or phone still on the reader.',

  'outcome.unknown.title': 'Not a customer card we know',
  'outcome.unknown.detail': 'Ask for another card or the code in the app, or serve without.',
  'outcome.unknown.offline': 'While offline this till cannot ask the central system, so a new card may not be known here yet.',
  'outcome.unreadable.title': 'Could not read it. Hold it longer',
  'outcome.unreadable.detail': 'Put the card flat on the reader and keep it there until the screen changes.',
  'outcome.wrong_key.title': 'This card belongs to someone else’s system',
  'outcome.wrong_key.detail': 'It cannot be opened here. Ask for the code in the app.',
  'outcome.expired.title': 'This code has expired',
  'outcome.expired.detail': 'Ask to open the code in the app again.',
  'outcome.replayed.title': 'This code was already used',
  'outcome.replayed.detail': 'Ask for a new code in the app.',
  'outcome.payment_card.title': 'That was a payment card',
  'outcome.payment_card.detail': 'Use the terminal for paying; loyalty card here. Nothing was read from it.',
  'outcome.two_cards.title': 'Two cards at once',
  'outcome.two_cards.detail': 'Hold one card alone on the reader.',
  'outcome.not_a_code.title': 'Not a code for this till',
  'outcome.not_a_code.detail': 'Scan the customer’s code or a product’s barcode.',
  'outcome.product.title': 'Product scanned, no customer yet',
  'outcome.product.detail': 'Tap or scan the customer’s card first, then scan the product again.',
  'outcome.product.unnamed': 'Product {gtin}',
  'outcome.product.added': 'Added: {name}',
  'outcome.recognised': 'Recognised',

  // Why: for the clerk, what to say to the shopper, and a title of its own where the outcome's does not fit. A reason
  // without words of its own has those of its kind, which is what stands before its dot.
  'reason.card': 'A card with a chip was tapped.', 'say.card': 'Thank you.',
  'say.code': 'This code is not for this shop.',
  'say.found': 'Welcome.',
  'reason.gsrn': 'A service number was shown.', 'say.gsrn': 'Thank you.',
  'reason.handover': 'A cart from elsewhere was asked for.', 'say.handover': 'Thank you.',
  'say.lookup': 'We cannot look it up now. Do you have another card?',
  'reason.member': 'A member number was shown.', 'say.member': 'Thank you.',
  'reason.pass': 'A pass in a wallet was shown.', 'say.pass': 'Do you have a code or a card?',
  'reason.payment': 'A payment card. Nothing of it was kept.', 'say.payment': 'Please pay at the terminal; nothing was read from your card.',
  'reason.phone': 'A phone with the app was tapped.', 'say.phone': 'Thank you.',
  'reason.product': 'A product was scanned.', 'say.product': 'A product was scanned.',
  'say.proof': 'Please show it once more.',
  'reason.reader': 'The reader took a pass from a wallet.', 'say.reader': 'Please wait a moment and tap once more.',
  'reason.tag': 'A tag was tapped.', 'say.tag': 'This card cannot be read here. Do you have the app?',
  'reason.token': 'A signed code was shown.', 'say.token': 'Thank you.',
  'reason.none': 'Nothing more is known.', 'say.none': 'Please try again.',
  'reason.payment.chip': 'Use the terminal for paying; loyalty card here. Nothing was read from it.',
  'reason.code.empty': 'The scanner sent an empty code. Scan again.', 'say.code.empty': 'Please hold the code still once more.',
  'reason.code.too_long': 'The code is longer than any of ours.',
  'reason.code.not_text': 'The scanner sent something that is no text. Scan again.', 'say.code.not_text': 'Please hold the code still once more.',
  'reason.code.not_ours': 'It is neither a customer’s code nor a product’s.',
  'reason.code.check_digit': 'A digit was read wrong. Scan again.', 'say.code.check_digit': 'Please hold the code still once more.', 'title.code.check_digit': 'The code was read wrong',
  'reason.code.host': 'The link belongs to another shop.',
  'reason.code.gs1_other': 'It names neither a customer nor a product.',
  'reason.code.coupon': 'That is a coupon. Take it at the till’s own program.', 'say.code.coupon': 'This coupon is taken when you pay.', 'title.code.coupon': 'That is a coupon',
  'reason.tag.empty': 'Nothing is written on this card.', 'say.tag.empty': 'This card is empty. Do you have another one, or the app?',
  'reason.tag.not_ours': 'This card is of somebody else.', 'say.tag.not_ours': 'This card is not one of ours. Do you have another one, or the app?',
  'reason.tag.malformed': 'What is on the card contradicts itself. Ask for the code in the app.', 'title.tag.malformed': 'This card cannot be read',
  'reason.tag.torn': 'The card was taken away too early.', 'say.tag.torn': 'Please hold it there until the screen changes.',
  'reason.tag.locked': 'The card needs a key that this till does not have.',
  'reason.tag.unsupported': 'This kind of card is not read here.',
  'reason.tag.timeout': 'Nobody could say in time what was on the card.', 'say.tag.timeout': 'Please tap once more.',
  'reason.tag.two': 'Two cards answered.', 'say.tag.two': 'Please hold one card alone on the reader.',
  'reason.reader.lost': 'The reader stopped while it read. It comes back by itself.', 'title.reader.lost': 'The reader stopped',
  'reason.proof.wrong': 'What was shown was not made by our system.', 'say.proof.wrong': 'This code or card does not open here. Please open the app again.',
  'title.proof.no_key': 'This cannot be verified here', 'reason.proof.no_key': 'Nobody here has the key that could verify it.', 'say.proof.no_key': 'This cannot be verified here. Do you have another card or code?',
  'reason.proof.expired': 'Its time is over. Ask to open it in the app again.', 'say.proof.expired': 'Please open the code in your app again.',
  'reason.proof.early': 'It is not valid yet, or the phone’s clock is wrong.', 'say.proof.early': 'Please check your phone’s clock and open the code again.', 'title.proof.early': 'This code is not valid yet',
  'reason.proof.audience': 'It was made for another shop.', 'say.proof.audience': 'This code is for another shop.',
  'reason.proof.replayed': 'It is good once, and was shown before.', 'say.proof.replayed': 'Please open a new code in your app.',
  'reason.proof.malformed': 'Part of it is missing. Scan or tap again.', 'title.proof.malformed': 'The code is damaged',
  'reason.proof.unsupported': 'It is of a kind that is not verified here.', 'title.proof.unsupported': 'This cannot be verified here',
  'reason.proof.unverified': 'The central system could not be asked: it shows who it is, and proves nothing.', 'say.proof.unverified': 'Welcome. Some benefits need the line, which is down.',
  'reason.proof.memory': 'This till cannot remember what was used. Show it again, or another card.', 'title.proof.memory': 'Not accepted just now',
  'reason.pass.none': 'The phone has no pass of ours.', 'say.pass.none': 'There is no pass of ours in your wallet. Do you have the app or a card?',
  'reason.pass.choose': 'The phone shows several passes.', 'say.pass.choose': 'Please choose a pass on your phone and tap again.', 'title.pass.choose': 'Choose a pass and tap again',
  'reason.pass.locked': 'The phone is locked.', 'say.pass.locked': 'Please unlock your phone and tap again.', 'title.pass.locked': 'Unlock the phone and tap again',
  'reason.pass.again': 'The phone asks for another tap.', 'say.pass.again': 'Please follow your phone and tap again.', 'title.pass.again': 'Tap the phone again',
  'reason.pass.refused': 'The phone does not accept this till. Ask for the code in the app.',
  'reason.uid.random': 'This card or phone has another number each time.', 'say.uid.random': 'This cannot be told apart here. Do you have a card or the app?',
  'reason.policy.kind': 'This kind of card or code is not accepted here.', 'say.policy.kind': 'This is not accepted here. Do you have another card or the app?',
  'reason.found.cache': 'Known to this till.',
  'reason.found.store': 'Known to the central system.',
  'reason.found.late': 'Another customer has begun meanwhile. Tap or scan again.', 'say.found.late': 'Please tap or scan once more.',
  'reason.lookup.not_found': 'Nobody has this card or code.', 'say.lookup.not_found': 'We do not know this card yet. Do you have another one?',
  'reason.lookup.offline': 'It is not known to this till, and the line is down.',
  'reason.lookup.timeout': 'The central system did not answer in time. Try again.', 'say.lookup.timeout': 'Please tap or scan once more.',
  'reason.lookup.corrupt': 'What this till knew of it is damaged. Try again when the line is back.',
  'reason.credential.blocked': 'It was reported lost or replaced. Do not serve on it.', 'say.credential.blocked': 'This card is blocked. Please ask at the service desk.', 'title.credential.blocked': 'This card is blocked',
  'reason.identify.busy': 'Too much was tapped at once.', 'say.identify.busy': 'Please tap or scan once more.', 'title.identify.busy': 'One at a time, please',
  'say.quote': 'Say: “{text}”',

  'ended.title': 'Screen cleared',
  'ended.done': 'Ready for the next customer.',
  'ended.removed': 'The card was taken away. Ready for the next customer.',
  'ended.checkout': 'Paid. Ready for the next customer.',
  'ended.idle': 'Nothing happened for a while. The cart is kept.',
  'ended.restart': 'The till’s service was restarted. The cart is kept; tap or scan again.',
  'ended.other': 'The cart is kept. Ready for the next customer.',
  'ended.lost': 'The customer is no longer shown. The cart is kept.',

  'offline.title': 'Working offline since {time}.',
  'offline.works': 'Recognising customers and changing carts works.',
  'offline.not': 'Prices may be older than shown: see age.',
  'offline.later': 'Everything is sent when the line is back.',
  'offline.cause.no_route': 'There is no network.',
  'offline.cause.refused': 'The central system does not answer.',
  'offline.cause.tls': 'The central system could not prove who it is.',
  'offline.cause.clock': 'This till’s clock is wrong.',
  'offline.cause.denied': 'The central system refuses this till. Please call IT.',
  'offline.cause.closed': 'The central system closed the connection.',

  'page.title': 'This page has lost the till’s service',
  'page.works': 'Nothing that was saved is lost.',
  'page.not': 'Customers cannot be recognised on this screen until it is back.',
  'page.later': 'It connects again by itself; trying since {time}.',
  'page.later.now': 'It connects again by itself.',
  'page.first': 'Connecting to the till’s service…',
  'page.denied.title': 'This page is no longer signed in',
  'page.denied.detail': 'Close it and open the clerk page again from its icon on this till.',

  'reader.nfc': 'Card reader',
  'reader.scanner': 'Scanner',
  'reader.head': 'Reader head',
  'reader.unplugged.title': '{reader} unplugged',
  'reader.unplugged.detail': 'Check its cable. It comes back by itself when plugged in.',
  'reader.crashed.title': '{reader} stopped',
  'reader.crashed.detail': 'It is being started again, which takes a few seconds.',
  'reader.hung.title': '{reader} does not answer',
  'reader.hung.detail': 'It is being started again. If this stays, unplug it and plug it back in.',
  'reader.unsupported.title': '{reader} cannot be used',
  'reader.unsupported.detail': 'It is of another kind or version than this till works with. Tell IT.',
  'reader.other': 'The other reader works.',

  'notice.disk_full.title': 'This till’s disk is full',
  'notice.disk_full.detail': 'Customers are recognised. Cart changes are not stored until there is room. Please call IT.',
  'notice.disk_failing.title': 'This till’s disk reports errors',
  'notice.disk_failing.detail': 'Customers are recognised. A cart change may be turned down; the screen says so. Please call IT.',
  'notice.disk_read_only.title': 'This till’s disk can only be read',
  'notice.disk_read_only.detail': 'Customers are recognised. Nothing new is stored. Please call IT.',
  'notice.storage_newer.title': 'Stored data is of a newer program',
  'notice.storage_newer.detail': 'It is left as it is, and this till works from memory. Please call IT.',
  'notice.changes_not_stored.title': 'Cart changes are not stored',
  'notice.changes_not_stored.detail': 'Customers are recognised. What was saved is kept and sent. Please call IT.',
  'notice.changes_in_memory.title': 'Cart changes are not on this till’s disk',
  'notice.changes_in_memory.detail': 'They are sent at once. One that is not sent yet is lost when the power fails. Please call IT.',
  'notice.changes_dropped.title': 'Old events were given up',
  'notice.changes_dropped.detail': 'Too much waits to be sent. Sales and cart changes are kept. Please call IT.',
  'notice.outbox_damaged.title': 'Stored changes were damaged',
  'notice.outbox_damaged.detail': 'What could be read is sent. The damaged file is kept: please call IT.',
  'notice.clock_wrong.title': 'This till’s clock is wrong',
  'notice.clock_wrong.detail': 'Customers are recognised. Ages may be off and the line may stay down. Please call IT.',
  'notice.certificate_expiring.title': 'This till’s certificate expires soon',
  'notice.certificate_expiring.detail': 'Everything works today. Please tell IT: this till goes offline when it expires.',
  'notice.quarantined.title': 'This till is set apart',
  'notice.quarantined.detail': 'Another device uses its identity. Customers are recognised from memory; changes wait. Please call IT.',
  'notice.cache_rebuilt.title': 'Stored customers are being fetched again',
  'notice.cache_rebuilt.detail': 'Recognising a customer may take a second longer.',
  'notice.other.title': 'Please tell IT: {code}',
  'notice.other.detail': 'This till goes on working.',
  'notice.more': { one: '{n} more notice', other: '{n} more notices' },

  'customer.since': 'since {year}',
  'customer.nameless': 'Customer',
  'customer.hidden': 'Not proven yet: ask for the card or the code in the app.',
  'customer.points': { one: '{n} point', other: '{n} points' },
  'customer.next': '{n} to {tier}',
  'customer.till': 'At the till',
  'customer.open': 'Open',
  'customer.ask': 'Do not ask',
  'customer.journey': 'Last',
  'customer.here': 'here',
  'customer.quiet': 'Nothing special today.',
  'details.language': 'Language',
  'details.credential': 'Recognised by',
  'details.assurance': 'Proof',
  'assurance.low': 'anybody could have copied it',
  'assurance.medium': 'hard to copy',
  'assurance.high': 'proven by the card or phone',
  'details.source': 'Facts from',
  'details.source.cache': 'this till’s memory',
  'details.source.store': 'the central system',
  'details.profile': 'Profile',
  'details.journey': 'Journey',
  'details.journey.none': 'No earlier visits are known.',
  'journey.cart.changed': 'Cart changed',
  'journey.store.visited': 'Was in the store',
  'journey.product.viewed': 'Looked at a product',
  'credential.member': 'member number',
  'credential.gsrn': 'service number',
  'credential.token': 'card token',
  'credential.pass': 'signed pass',
  'credential.smart_tap': 'wallet pass',
  'credential.vas': 'wallet pass',
  'credential.tag': 'card with a chip',
  'credential.desfire': 'card with a chip',
  'credential.uid': 'number of a card’s chip',
  'credential.none': 'hand-over code',
  'credential.via': '{kind}, {reader}',
  'channel.web': 'web', 'channel.app': 'app', 'channel.kiosk': 'kiosk',
  'channel.till': 'till', 'channel.call': 'call',
  'channel.on.web': 'on the web', 'channel.on.app': 'in the app', 'channel.on.kiosk': 'at a kiosk',
  'channel.on.till': 'at a till', 'channel.on.call': 'on the phone',

  'cart.title': 'Cart',
  'cart.started': 'Cart started {where}',
  'cart.touched': 'changed {age}',
  'cart.touchedAt': 'changed {where} · {age}',
  'cart.touchedBy': 'changed at {who} · {age}',
  'cart.unsent': { one: '{n} change not sent yet', other: '{n} changes not sent yet' },
  'cart.hidden': 'Cart not shown',
  'cart.hidden.detail': 'What was shown proves too little. Tap the card or scan the code in the app.',
  'cart.empty': 'No open cart',
  'cart.empty.detail': 'Scan a product to start one for this customer.',
  'cart.items': { one: '{n} item', other: '{n} items' },
  'cart.total': 'Total',
  'cart.notCurrent': 'not current',
  'cart.each': '{n} × {money}',
  'cart.new': 'NEW',
  'cart.more': 'more',
  'cart.less': 'less',
  'cart.pending': 'not sent yet',
  'cart.removed': 'removed',
  'cart.unnamed': 'Product {gtin}',
  'cart.line.label': '{name}, {n}, {money}',
  'cart.gift': 'gift',
  'cart.note': 'Note: {text}',
  'claim.by': 'Being paid at {who} since {since}.',
  'claim.elsewhere': 'Being paid elsewhere since {since}.',
  'claim.works': 'Changes here are kept, but are not part of that payment.',
  'claim.offline': 'Changes here are kept. Offline it cannot be told whether that goes on.',
  'claim.mine': 'Being paid here since {since}.',
  'claim.mine.detail': 'What is added elsewhere now stays in the cart.',
  'stock.in_stock': 'in stock', 'stock.low': 'few left', 'stock.not_here': 'not here',
  'price.fell': 'price fell by {by} since {since}', 'price.rose': 'price rose by {by} since {since}',
  'price.age': 'price {age}',
  'points.age': 'points {age}',

  'act.details': 'Show details', 'act.hide': 'Hide details', 'act.done': 'Done',
  'act.on': '{act} {name}', 'act.line': 'Line', 'act.minus': 'Less', 'act.plus': 'More', 'act.remove': 'Remove',
  'foot.wait': 'Waiting for the till’s service',

  'error.generic': 'That change was not made. Please try again.',
  'error.local.io': 'Not stored: the disk reports an error. The cart is as before.',
  'error.refused.assurance': 'Not done: what the customer presented proves too little.',
  'error.refused.denied': 'Not stored: the disk can only be read. The cart is as before.',
  'error.refused.newer_version': 'Not stored: this till works from memory. The cart is as before.',
  'error.retry.busy': 'Not stored: too many changes wait to be sent. The cart is as before.',
  'error.retry.full': 'Not stored: there is no room now. The cart is as before.',
  'error.refused.conflict': 'The cart changed meanwhile. Look again, then repeat the change.',
  'error.refused.not_found': 'That line or visit is no longer there.',
  'error.link': 'Not sent: this page is not connected to the till’s service.',

  'taken.cart.add': 'Taken back: {name} was not added.',
  'taken.cart.set_quantity': 'Taken back: {name} has the quantity it had before.',
  'taken.cart.remove': 'Taken back: {name} is in the cart again.',
  'taken.checkout.claim': 'This till cannot pay the cart now.',
  'taken.other': 'A change was taken back.',
  'taken.more': { one: 'So was {n} more change.', other: 'So were {n} more changes.' },
  'taken.code.product_unknown': 'The central system does not know this product.',
  'taken.code.customer_erased': 'This customer’s data was erased.',
  'taken.code.line_unknown': 'That line is not in the cart.',
  'taken.code.line_closed': 'That line was removed meanwhile.',
  'taken.code.seq_reused': 'It had the number of another change. Tell IT.',
  'taken.code.line_limit': 'The cart has no room for more lines.',
  'taken.code.quantity_limit': 'The quantity is too large.',
  'taken.code.gift_declined': 'The customer has declined this gift.',
  'taken.code.cart_claimed': 'The cart is being paid at another till.',
  'taken.code.other': 'The central system turned it down ({code}). Please tell IT.',

  'age.now': 'just now',
  'age.min': { one: '{n} min ago', other: '{n} min ago' },
  'age.hour': { one: '{n} hour ago', other: '{n} hours ago' },
  'age.day': { one: 'yesterday', other: '{n} days ago' },
  'old.min': { one: '{n} min old', other: '{n} min old' },
  'old.hour': { one: '{n} hour old', other: '{n} hours old' },
  'old.day': { one: '{n} day old', other: '{n} days old' },
  'day.today': 'today {time}',
  'day.yesterday': 'yesterday {time}',
  'since.yesterday': 'yesterday',
};

export const catalogues = { en };

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** The words and formats of one locale. An unknown language falls back to English. */
export function wordsFor(locale, timeZone) {
  const wanted = String(locale || 'en');
  const language = Object.hasOwn(catalogues, wanted.split('-')[0]) ? wanted.split('-')[0] : 'en';
  const tag = safeTag(wanted, language);
  const catalogue = catalogues[language];
  const plurals = new Intl.PluralRules(language);
  const integers = new Intl.NumberFormat(tag);
  const clock = new Intl.DateTimeFormat(tag, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23', timeZone });
  const weekday = new Intl.DateTimeFormat(tag, { weekday: 'short', timeZone });
  const date = new Intl.DateTimeFormat(tag, { day: 'numeric', month: 'short', timeZone });
  const dayKey = new Intl.DateTimeFormat('en-CA', { year: 'numeric', month: '2-digit', day: '2-digit', timeZone });

  const fill = (text, values) => text.replace(/\{(\w+)\}/g, (whole, name) => (Object.hasOwn(values, name) ? String(values[name]) : whole));
  const has = (key) => Object.hasOwn(catalogue, key);
  const t = (key, values = {}) => {
    if (!has(key)) return key;
    return fill(catalogue[key], values);
  };
  const plural = (key, n, values = {}) => {
    const forms = catalogue[key];
    return fill(forms[plurals.select(n)] ?? forms.other, { n: integers.format(n), ...values });
  };
  const time = (ms) => clock.format(ms);
  // How long ago, in words; prefix 'age' reads "12 min ago", 'old' reads "2 days old".
  const span = (prefix, ms) => {
    if (ms < MINUTE) return t('age.now');
    if (ms < HOUR) return plural(`${prefix}.min`, Math.floor(ms / MINUTE));
    if (ms < DAY) return plural(`${prefix}.hour`, Math.floor(ms / HOUR));
    return plural(`${prefix}.day`, Math.floor(ms / DAY));
  };
  const moment = (ms, now) => {
    const day = dayKey.format(ms);
    if (day === dayKey.format(now)) return t('day.today', { time: time(ms) });
    if (day === dayKey.format(now - DAY)) return t('day.yesterday', { time: time(ms) });
    if (now - ms < 6 * DAY) return `${weekday.format(ms)} ${time(ms)}`;
    return date.format(ms);
  };
  // A time that something has held since: the day, and on the same day the time.
  const since = (ms, now) => {
    const day = dayKey.format(ms);
    if (day === dayKey.format(now)) return time(ms);
    return day === dayKey.format(now - DAY) ? t('since.yesterday') : date.format(ms);
  };
  return {
    language, tag, has, t, plural, time, moment, since,
    number: (n) => integers.format(n),
    ago: (ms) => span('age', ms),
    old: (ms) => span('old', ms),
    money: (minor, currency) => moneyFormat(tag, currency).format(minor),
    languageName: (code) => languageName(tag, code),
  };
}

function safeTag(wanted, fallback) {
  try {
    return Intl.getCanonicalLocales(wanted)[0] ?? fallback;
  } catch {
    return fallback;
  }
}

function languageName(tag, code) {
  try {
    return new Intl.DisplayNames([tag], { type: 'language' }).of(code);
  } catch {
    return code;
  }
}

const moneyFormats = new Map();

// Minor units to text without the currency's sign; how many digits follow ISO 4217.
function moneyFormat(tag, currency) {
  const key = `${tag} ${currency}`;
  if (!moneyFormats.has(key)) moneyFormats.set(key, makeMoneyFormat(tag, currency));
  return moneyFormats.get(key);
}

function makeMoneyFormat(tag, currency) {
  let digits = 2;
  try {
    digits = new Intl.NumberFormat(tag, { style: 'currency', currency }).resolvedOptions().maximumFractionDigits;
  } catch {
    // An unknown currency code is shown with two digits, as most have.
  }
  const format = new Intl.NumberFormat(tag, { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return { format: (minor) => format.format(minor / 10 ** digits) };
}
