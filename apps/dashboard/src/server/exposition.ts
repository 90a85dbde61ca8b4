/**
 * The text format of Prometheus, version 0.0.4: metric families with their help, type and samples.
 *
 * @module
 */

/** The content type of the format. */
export const EXPOSITION_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/** The labels of a sample. */
export type Labels = Readonly<Record<string, string>>;

/** What a metric is. */
export type MetricType = "counter" | "gauge" | "histogram";

/** One family of metrics: all samples of one name. */
export class MetricFamily {
  readonly #name: string;
  readonly #lines: string[];
  #isEmpty = true;

  /**
   * @param name With its unit and, for counters, `_total` at its end.
   * @param type What it is.
   * @param help A sentence.
   */
  constructor(name: string, type: MetricType, help: string) {
    this.#name = name;
    this.#lines = [`# HELP ${name} ${escapeHelp(help)}`, `# TYPE ${name} ${type}`];
  }

  /** Adds a sample. */
  add(value: number, labels: Labels = {}): this {
    return this.#push("", value, labels);
  }

  /**
   * Adds a histogram.
   *
   * @param bounds The upper bounds of its buckets, in the metric's unit, ascending, without infinity.
   * @param cumulative How many values each bound is not below.
   * @param count How many values there are.
   * @param sum What they add up to.
   * @param labels Its labels.
   */
  addHistogram(
    bounds: readonly number[],
    cumulative: readonly number[],
    { count, sum }: { readonly count: number; readonly sum: number },
    labels: Labels,
  ): this {
    bounds.forEach((bound, i) => {
      this.#push("_bucket", cumulative[i] ?? 0, { ...labels, le: formatValue(bound) });
    });
    this.#push("_bucket", count, { ...labels, le: "+Inf" });
    return this.#push("_sum", sum, labels).#push("_count", count, labels);
  }

  /** The family as text; nothing when it has no samples. */
  toString(): string {
    return this.#isEmpty ? "" : `${this.#lines.join("\n")}\n`;
  }

  #push(suffix: string, value: number, labels: Labels): this {
    const pairs = Object.entries(labels).map(([name, text]) => `${name}="${escapeLabel(text)}"`);
    const braces = pairs.length > 0 ? `{${pairs.join(",")}}` : "";
    this.#lines.push(`${this.#name}${suffix}${braces} ${formatValue(value)}`);
    this.#isEmpty = false;
    return this;
  }
}

function formatValue(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "+Inf" : "-Inf";
  return String(value);
}

function escapeHelp(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
}

function escapeLabel(text: string): string {
  return escapeHelp(text).replaceAll('"', '\\"');
}
