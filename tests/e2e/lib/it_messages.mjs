// What the agent says and answers in each state of the page for IT. Times are relative to WALL of the clerk's.
import { live, notice, offline, readers, terminal, WALL } from './clerk_messages.mjs';
import { denied, lost, unreachable } from './link_states.mjs';

const MIN = 60_000;
const HOUR = 60 * MIN;

const outcome = (ago, name, code, reader, took_ms) => ({ at_ms: WALL - ago, outcome: name, code, reader, took_ms });
const status = (change = {}) => ({ software: 'tillbridged 0.1.0', started_ms: WALL - 5 * HOUR, certificate_until_ms: WALL + 200 * 24 * HOUR, disk: { free_bytes: 5.1e9, size_bytes: 7.9e9 },
  cache: { customers: 20_140, products: 12_080 }, visit: false, wall_ms: WALL, outcomes: [outcome(MIN, 'recognised', 'found', 'front', 12), outcome(4 * MIN, 'unreadable', 'tag.torn', 'front', 31),
    outcome(9 * MIN, 'payment_card', 'payment.chip', 'front', 48), outcome(HOUR, 'product', 'product', 'gun', 3)], ...change });

const timed = (name, count, sum) => [`tillbridge_${name}_seconds_count{channel="till"} ${count}`, `tillbridge_${name}_seconds_sum{channel="till"} ${sum}`];
const metrics = { lines: ['tillbridge_visits_total{channel="till"} 48', 'tillbridge_visits_recognised_total{channel="till"} 45', 'tillbridge_resumed_carts_total{channel="till"} 17',
  'tillbridge_mutations_total{channel="till"} 310', 'tillbridge_rejected_total{channel="till"} 2', 'tillbridge_conflicts_total{channel="till"} 1',
  ...timed('identify', 45, 0.61), ...timed('tap', 60, 0.12), ...timed('wait', 3, 96), ...timed('handle', 47, 4_100), ...timed('finish', 31, 1_240)] };
const hello = (name, version, board, starts) => ({ name, software: version, board, starts });
const list = { readers: [hello('front', '0.1.0', 'mps2-an385', 1), hello('gun', '0.1.0', 'Serial scanner', 3)], wall_ms: WALL };

const all = { status: status(), metrics, 'reader.list': list };
const begin = [['terminal', terminal()], ['state', live({ display: { state: 'ready', since_ms: WALL - HOUR } })]];
const at = (state) => [['terminal', terminal()], ['state', state]];
const notices = (...codes) => at(notice(...codes));

/** name → { messages, answers }: a function among the messages is run by the harness between them. */
export const states = {
  well: { messages: begin },
  'well-kiosk': { messages: [['terminal', terminal({ role: 'kiosk', till: '7', name: 'Kiosk 7' })], ['state', live()]] },
  fresh: { messages: begin, answers: { status: status({ outcomes: [], cache: { customers: 0, products: 0 } }), metrics: { lines: [] }, 'reader.list': { readers: [] } } },
  unnamed: { messages: [['state', live({ line: { state: 'connecting', since_ms: WALL - 9_000 }, readers: readers('starting', 'starting') })]] },
  never: { messages: [['state', offline('refused')]] },
  ...Object.fromEntries(['no_route', 'refused', 'tls', 'clock', 'denied', 'closed'].map((cause) => [`offline-${cause}`, { messages: at(offline(cause, { unsent: 4 })) }])),
  'readers-gone': { messages: at(live({ readers: readers('unplugged', 'crashed'), display: { state: 'unplugged', since_ms: WALL - MIN } })) },
  'readers-odd': { messages: at(live({ readers: readers('hung', 'unsupported') })) },
  'disk-full': { messages: notices('disk_full', 'changes_not_stored') },
  'disk-low': { messages: begin, answers: { status: status({ disk: { free_bytes: 9e7, size_bytes: 7.9e9 } }) } },
  'metrics-unwritten': { messages: begin, answers: { status: status({ metrics_file: { state: 'unwritten', code: 'refused.not_found', since_ms: WALL - HOUR } }) } },
  'disk-failing': { messages: notices('disk_failing', 'changes_in_memory', 'outbox_damaged') },
  'disk-read-only': { messages: notices('disk_read_only', 'storage_newer', 'changes_dropped') },
  clock: { messages: notices('clock_wrong', 'cache_rebuilt') },
  certificate: { messages: notices('certificate_expiring') },
  quarantined: { messages: notices('quarantined', 'of_the_future') },
  first: { messages: [unreachable] },
  lost: { messages: [...begin, lost] },
  denied: { messages: [...begin, denied] },
};

export const answersOf = ({ answers }) => ({ ...all, ...answers });
