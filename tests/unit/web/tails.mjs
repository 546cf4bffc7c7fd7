// The words whose keys a page composes: which ends there are, from the programs that give them. What no program gives, no page
// ever says.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { agent } from './web.mjs';

const source = (name) => readFileSync(path.join(agent, '..', name), 'utf8');
const given = (name, pattern) => [...source(name).matchAll(pattern)].flatMap(([, ...found]) => found).filter(Boolean);

const NAMED = /\[TB_\w+\] = "([a-z0-9_.]+)"/g; // of a table by an enum
const RETURNED = /return "([a-z0-9_.]+)"/g;
const inside = (text, from) => text.slice(text.indexOf(from), text.indexOf('\n}', text.indexOf(from)));
const returned = (name, from) => [...inside(source(name), from).matchAll(RETURNED)].map(([, one]) => one);
const named = (name, from) => [...inside(source(name), from).matchAll(NAMED)].map(([, one]) => one);

const OUTCOMES = given('core/identify/outcome.c', NAMED);
const ENDS = [...returned('core/visit/visit.c', 'tb_visit_reason_name'), 'lost']; // the last one is the page's own
const SOURCES = named('core/visit/visit.c', 'tb_visit_source_name');
const CREDENTIALS = given('core/credential/credential.c', NAMED);
const CAUSES = named('core/sync/client.c', 'tb_line_cause_name');
const CHANNELS = given('core/wire/member.c', /\[TB_CHANNEL_\w+\] = "(\w+)"/g);
const STOCKS = given('core/wire/member.c', /\[TB_STOCK_\w+\] = "(\w+)"/g);
const MUTATIONS = given('core/wire/mutation.c', NAMED);
const MERGES = given('core/cart/merge.c', NAMED);
const TOUCHES = [...MUTATIONS, 'cart.changed', ...given('contextd/engine/sqlite_visit.c', /VISITED "([a-z.]+)"/g), ...given('include/web/tillbridge.js', /journey\('([a-z.]+)'/g)];
const ERRORS = [...returned('core/base/err.c', 'tb_err_name'), ...given('agent/web/lib/link.js', /code: '(\w+)'/g), 'generic'];
// Why the context store turns a change down.
const CODES = [...given('core/cart/cart.c', NAMED), ...given('agent/cli/outbox.c', /^ {4}\{"([a-z_]+)",/gm), ...given('agent/app/visit/captures.c', RETURNED), ...given('agent/app/visit/captures.c', /\? "(credential_\w+)"/g),
  ...['credential', 'person', 'apply', 'handover'].flatMap((part) => given(`contextd/engine/sqlite_${part}.c`, /reject\(v, "([a-z_]+)"|CODE_\w+ "([a-z_]+)"/g))];
const REASONS = given('core/credential/reason.c', NAMED);
const KNOWN = { // of whom is asked about (agent/app/visit/know.c)
  groups: given('agent/app/visit/know.c', /group_open\(w, "(\w+)"\)/g),
  facts: given('agent/app/visit/know.c', /\(struct fact\)\{"(\w+)"|put_texts\(w, profile, "\w+", "(\w+)"/g)
    .concat([...source('agent/app/visit/know.c').matchAll(/(?:person|standing)\[\] = \{([^}]+), NULL\}/g)].flatMap(([, list]) => [...list.matchAll(/"(\w+)"/g)].map(([, one]) => one))),
  sources: given('agent/app/visit/know.c', /char from_\w+\[\] = "(\w+)"/g),
};
const listed = (name, constant) => [...new RegExp(`${constant} = \\[([^\\]]+)\\]`).exec(source(`agent/web/${name}`))[1].matchAll(/'(\w+)'/g)].map(([, one]) => one);
const codesOf = (name, constant) => [...new RegExp(`${constant} = \\{([^}]+)\\}`).exec(source(`agent/web/${name}`))[1].matchAll(/: '([\w.]+)'/g)].map(([, one]) => one);

/** Prefix of keys: { tails, suffixes }. Every template in the pages' modules has its prefix here, and no other. */
export const TAILS = {
  'outcome': { tails: OUTCOMES, suffixes: ['.title', '.detail', ''] },
  'kiosk.outcome': { tails: OUTCOMES },
  'ended': { tails: ENDS },
  'kiosk.ended': { tails: [...ENDS, 'anonymous'] },
  'details.source': { tails: SOURCES },
  'kiosk.know.by': { tails: SOURCES },
  'credential': { tails: [...CREDENTIALS, 'other'] },
  'assurance': { tails: [...given('core/credential/assurance.c', NAMED), 'unshown'] },
  'it.do': { tails: CAUSES },
  'channel': { tails: CHANNELS, always: true },
  'channel.on': { tails: CHANNELS },
  'stock': { tails: STOCKS },
  'kiosk.stock': { tails: STOCKS },
  'journey': { tails: TOUCHES },
  'taken': { tails: [...MUTATIONS, 'other'] },
  'kiosk.taken': { tails: MUTATIONS },
  'taken.code': { tails: [...CODES, 'other'] },
  'pairing.scope': { tails: [.../tb_pos_grant_names\[TB_POS_GRANT_COUNT\] = \{([^}]+)\}/.exec(source('agent/app/pos/pos.c'))[1].matchAll(/"(\w+)"/g)].map(([, one]) => one), always: true },
  'merge': { tails: ['kiosk', 'online'], always: true },
  'merge.reason': { tails: MERGES, always: true },
  'kiosk.merge': { tails: ['product', 'online', 'kiosk', 'becomes'], always: true },
  'kiosk.merge.reason': { tails: MERGES }, // to herself where that reads otherwise
  'error': { tails: [...ERRORS, 'scanner'] },
  'dialog.error': { tails: ERRORS },
  'kiosk.error': { tails: ERRORS },
  'kiosk.panel.error': { tails: ERRORS },
  'find.error': { tails: [...ERRORS, ...codesOf('clerk/actions.js', 'NOT_FETCHED'), 'unsaid'] },
  ...Object.fromEntries(['signup', 'cards', 'note', 'handover', 'requests', 'choose', 'merge', 'operator'].map((dialog) => [`${dialog}.error`, { tails: ERRORS }])),
  'find.by': { tails: ['phone', 'email', 'member', 'code'], always: true },
  'find.reason': { tails: listed('clerk/dialog_model.js', 'const REASONS'), always: true },
  'cards.block': { tails: listed('clerk/dialog_model.js', 'BLOCK_REASONS'), always: true },
  'cards.capture': { tails: ['link', 'replace'], always: true },
  'cards.captured': { tails: ['linked', 'kept', 'refused', 'timeout', 'cancelled'], suffixes: ['', '.lead'], always: true },
  'handover.own': { tails: ['asking', 'waiting', 'accepted'], always: true },
  'more': { tails: ['note', 'link', 'signup', 'operator'], suffixes: ['', '.detail'], always: true },
  'act': { tails: ['find', 'cards', 'more', 'handover', 'done', 'minus', 'plus', 'remove'], always: true },
  'kiosk.act': { tails: ['start', 'send', 'help', 'know', 'not_me', 'done'], always: true },
  'kiosk.idle': { tails: ['both', 'nfc', 'scanner', 'starting', 'none'], always: true },
  'kiosk.send': { tails: ['photo', 'phone'], suffixes: ['', '.detail'], always: true },
  'kiosk.help': { tails: ['wait', 'accepted'], suffixes: ['.detail', '.cart'], always: true },
  'kiosk.know.group': { tails: KNOWN.groups, always: true },
  'kiosk.know.fact': { tails: KNOWN.facts, always: true },
  'kiosk.know.source': { tails: KNOWN.sources, always: true },
  'it': { tails: ['clock', 'disk', 'storage', 'certificate'], always: true },
  'it.measure': { tails: given('agent/web/it/model.js', /key: '(\w+)', name: 'tillbridge_/g).concat('recognised'), always: true },
  'age': { tails: ['min', 'hour', 'day'], always: true },
  'old': { tails: ['min', 'hour', 'day'], always: true },
  'consent': { tails: ['newsletter', 'profiling', 'marketing', 'receipts'] }, // the ones of the demo's policy and of common ones
  'reason': { tails: [...REASONS, ...REASONS.map((one) => one.split('.')[0])] },
  'say': { tails: [...REASONS, ...REASONS.map((one) => one.split('.')[0])] },
  'title': { tails: REASONS },
};

/** The keys that a page can ask for under these prefixes. */
export const composed = new Set(Object.entries(TAILS).flatMap(([prefix, { tails, suffixes = [''] }]) => tails.flatMap((tail) => suffixes.map((suffix) => `${prefix}.${tail}${suffix}`))));
