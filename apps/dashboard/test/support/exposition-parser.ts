/**
 * A strict reader of the text format of Prometheus, version 0.0.4, with the rules that `promtool check metrics` adds.
 * Written from the format's description, and on purpose not from our writer.
 *
 * @module
 */

/** One line with a value. */
export interface Sample {
  readonly name: string;
  readonly labels: ReadonlyMap<string, string>;
  readonly value: number;
}

/** All samples of one name. */
export interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: string;
  readonly samples: readonly Sample[];
}

type OpenFamily = Family & { readonly samples: Sample[] };

const METRIC_NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const LABEL_NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/;
const SAMPLE = /^([^{\s]+)(?:\{(.*)\})? (\S+)$/;
const LABEL = /^([^=]+)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)/;
const NUMBER = /^(?:[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?|\+Inf|-Inf|NaN)$/;
const SUFFIXES = ["_bucket", "_sum", "_count"] as const;
/** Units that are no base units, and types, do not belong into names. */
const BAD_WORDS =
  /_(?:milliseconds?|microseconds?|nanoseconds?|ms|ns|us|minutes?|hours?|kilobytes?|kib|mib|kb|mb|bits?|percent|gauge|counter|histogram)(?:_|$)/;

/**
 * Reads a whole answer.
 *
 * @throws {Error} At the first thing that is against the rules.
 */
export function parseExposition(text: string): Map<string, Family> {
  if (!text.endsWith("\n")) throw new Error("The last line has no newline");
  const families = new Map<string, OpenFamily>();
  let open: OpenFamily | undefined;
  let help: { readonly name: string; readonly text: string } | undefined;
  for (const line of text.slice(0, -1).split("\n")) {
    const [, keyword, name = "", rest = ""] = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line) ?? [];
    if (keyword === "HELP") {
      if (families.has(name)) throw new Error(`${name} comes twice`);
      help = { name, text: unescapeHelp(rest) };
    } else if (keyword === "TYPE") {
      if (help?.name !== name) throw new Error(`TYPE of ${name} does not follow its HELP`);
      open = { name, help: help.text, type: rest, samples: [] };
      checkName(open);
      families.set(name, open);
    } else {
      if (open === undefined) throw new Error(`A sample without a family: ${line}`);
      open.samples.push(parseSample(line, open));
    }
  }
  for (const family of families.values()) checkFamily(family);
  return families;
}

function checkName({ name, type, help }: Family): void {
  if (!METRIC_NAME.test(name)) throw new Error(`Not a name: ${name}`);
  if (/[A-Z]/.test(name)) throw new Error(`Capitals in a name: ${name}`);
  if (BAD_WORDS.test(name)) throw new Error(`Not a base unit, or a type, in a name: ${name}`);
  if (help === "") throw new Error(`No help for ${name}`);
  if (!["counter", "gauge", "histogram"].includes(type)) throw new Error(`Not a type: ${type}`);
  const isTotal = name.endsWith("_total");
  if (isTotal !== (type === "counter")) throw new Error(`_total is for counters: ${name}`);
  if (SUFFIXES.some((suffix) => name.endsWith(suffix))) throw new Error(`Reserved: ${name}`);
}

function parseSample(line: string, { name: family, type }: Family): Sample {
  const [, name = "", labels = "", value = ""] = SAMPLE.exec(line) ?? [];
  if (name === "" || !NUMBER.test(value)) throw new Error(`Not a sample: ${line}`);
  const names = type === "histogram" ? SUFFIXES.map((suffix) => family + suffix) : [family];
  if (!names.includes(name)) throw new Error(`${name} is not part of ${family}`);
  return { name, labels: parseLabels(labels), value: numberOf(value) };
}

function parseLabels(text: string): Map<string, string> {
  const labels = new Map<string, string>();
  let rest = text;
  while (rest !== "") {
    const [whole, name = "", value = ""] = LABEL.exec(rest) ?? [];
    if (whole === undefined || !LABEL_NAME.test(name)) throw new Error(`Not labels: ${text}`);
    if (labels.has(name)) throw new Error(`The label ${name} comes twice: ${text}`);
    labels.set(name, unescapeHelp(value.replaceAll('\\"', '"')));
    rest = rest.slice(whole.length);
  }
  return labels;
}

function unescapeHelp(text: string): string {
  return text.replace(/\\([\\n])/g, (_, letter) => (letter === "n" ? "\n" : "\\"));
}

function numberOf(text: string): number {
  if (text === "+Inf") return Number.POSITIVE_INFINITY;
  return text === "-Inf" ? Number.NEGATIVE_INFINITY : Number(text);
}

function checkFamily(family: Family): void {
  if (family.samples.length === 0) throw new Error(`${family.name} has no samples`);
  const seen = new Set<string>();
  for (const sample of family.samples) {
    const key = `${sample.name} ${keyOf(sample.labels)}`;
    if (seen.has(key)) throw new Error(`The same sample twice: ${key}`);
    seen.add(key);
    if (family.type !== "gauge" && !(sample.value >= 0)) throw new Error(`Less than 0: ${key}`);
  }
  if (family.type === "histogram") checkHistogram(family);
}

function checkHistogram({ name, samples }: Family): void {
  const groups = Map.groupBy(samples, ({ labels }) => keyOf(labels, "le"));
  for (const [key, members] of groups) {
    const part = (suffix: string): Sample[] => members.filter((one) => one.name === name + suffix);
    const buckets = part("_bucket").map(({ labels, value }) => {
      return { bound: numberOf(labels.get("le") ?? "NaN"), value };
    });
    const [count, ...others] = part("_count");
    if (!count || others.length > 0 || part("_sum").length !== 1) {
      throw new Error(`${name}${key} needs one _sum and one _count`);
    }
    buckets.reduce((before, bucket) => {
      if (bucket.bound > before.bound && bucket.value >= before.value) return bucket;
      throw new Error(`The buckets of ${name}${key} do not ascend`);
    });
    const last = buckets.at(-1);
    if (last?.bound !== Number.POSITIVE_INFINITY || last.value !== count.value) {
      throw new Error(`The buckets of ${name}${key} do not end in +Inf with its count`);
    }
  }
}

function keyOf(labels: ReadonlyMap<string, string>, except?: string): string {
  const pairs = Array.from(labels).filter(([name]) => name !== except);
  return JSON.stringify(pairs.sort(([one], [two]) => one.localeCompare(two)));
}
