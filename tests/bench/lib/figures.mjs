// Figures: samples by round, their distribution, and ratios that a drifting machine does not change: of each round
// the ratio of two medians, and of those the median.

export function percentile(sorted, share) {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
}

const rising = (numbers) => [...numbers].sort((a, b) => a - b);

export function median(numbers) {
  return percentile(rising(numbers), 0.5);
}

// name -> round -> microseconds, from lines "<name> <round> <µs>".
export class Samples {
  #rounds = new Map();

  add(line) {
    const [name, round, us] = line.split(' ');
    if (!this.#rounds.has(name)) this.#rounds.set(name, new Map());
    const rounds = this.#rounds.get(name);
    if (!rounds.has(round)) rounds.set(round, []);
    rounds.get(round).push(Number(us));
  }

  all(name) {
    return rising([...this.#rounds.get(name).values()].flat());
  }

  distribution(name) {
    const all = this.all(name);
    const at = (share) => percentile(all, share);
    return { count: all.length, min: all[0], p50: at(0.5), p90: at(0.9), p99: at(0.99), p999: at(0.999), max: all.at(-1) };
  }

  medians(name) {
    return [...this.#rounds.get(name).values()].map(median);
  }

  // The median over the rounds of p50(name) / sum of p50(floor).
  ratio(name, ...floors) {
    const under = floors.map((floor) => this.medians(floor));
    return median(this.medians(name).map((us, round) => us / under.reduce((sum, floor) => sum + floor[round], 0)));
  }
}

// Distributions in microseconds, one system a line. names: of the samples -> as they are shown.
export function printDistributions(title, samples, names) {
  const columns = ['samples', 'min', 'p50', 'p90', 'p99', 'p99.9', 'max'];
  console.log(`\n${title} [µs]\n  ${''.padEnd(22)}${columns.map((c) => c.padStart(10)).join('')}`);
  for (const [name, shown] of Object.entries(names)) {
    const { count, ...points } = samples.distribution(name);
    const cells = [String(count), ...Object.values(points).map((us) => us.toFixed(1))];
    console.log(`  ${shown.padEnd(22)}${cells.map((c) => c.padStart(10)).join('')}`);
  }
}

// metric | value | budget | ok, as bench_limit() of bench.h prints them; without a budget for information only.
export function printFigure(metric, value, unit, budget) {
  const judged = budget === undefined ? '' : ` budget ${budget.toFixed(2).padStart(7)}  ${value <= budget ? 'ok' : 'over'}`;
  console.log(`  ${metric.padEnd(52)} ${value.toFixed(2).padStart(10)} ${unit.padEnd(4)}${judged}`);
}
