/**
 * One segment of every kind as an observer would describe it, made up: every figure has a value of its own, so that one
 * that is told under another's name is seen.
 *
 * @module
 */

/** Plain data in the shape of `SegmentSample`: whoever uses it says so with a cast, since this package knows no other. */
type Sample = Readonly<Record<string, unknown>>;

const BOOT_MS = 1_700_000_000_000;

const PRODUCERS = [someone(0, "producer"), someone(1, "producer", false)];
const CONSUMER = someone(2, "consumer");
const PUBLISHER = someone(3, "publisher");
const SUBSCRIBERS = [someone(0, "subscriber"), someone(1, "subscriber", false)];
const REQUESTER = someone(0, "requester");
const RESPONDER = someone(1, "responder");
const WORKERS = [someone(0, "worker"), someone(1, "worker", false)];
const FOLLOWER = someone(0, "user");

/** Makes figures, each another one. */
interface Maker {
  /** The figures of a part of a kind. */
  readonly figures: (table: Table) => Record<string, number | boolean>;
  /** A counter, with a rate of its own. */
  readonly count: () => number;
  readonly gauge: () => number;
}

/** The figures of a part of a kind, as `FIGURES` of `@isthmus/ipc` has them. */
type Table = Readonly<Record<string, { readonly type: string; readonly unit: string }>>;
type Tables<Kind extends string> = Readonly<Record<Kind, Readonly<Record<string, Table>>>>;
type Kinds = "channel" | "topic" | "service" | "queue" | "journal" | "bridge" | Store;
/** What tells nothing but the figures of its segment. */
type Store = "cache" | "limiter" | "table" | "counters";

/**
 * Describes the segments.
 *
 * @param tables `FIGURES` of `@isthmus/ipc`, which this package does not know: a figure that is declared is in here.
 * @param later How many seconds after the first look; counters grow with it.
 * @param latency What to put in the place of the latency of what has one.
 */
export function segmentSamples(tables: Tables<Kinds>, later: number, latency?: unknown): Sample[] {
  const { count, gauge } = makerOf(later, 100);
  const holder = someone(0, "user");
  const mutex = {
    owner: { pid: 1000, name: "user.ts", sinceMs: BOOT_MS, isAlive: true },
    acquisitions: count(),
    contentions: count(),
    recoveries: 0,
  };
  const semaphore = {
    max: gauge(),
    available: gauge(),
    returnsOnDeath: true,
    held: [{ participant: holder, permits: gauge() }],
  };
  const event = { reset: "manual", isSet: true, setCount: count() };
  const struct = { version: count(), recordBytesMax: gauge() };
  const damage = { code: "ERR_CORRUPT_SEGMENT", message: "no header" };
  const { channel, topic, service } = {
    channel: { ...channelSample(tables.channel, makerOf(later, 1000)), latency },
    topic: { ...topicSample(tables.topic, makerOf(later, 2000)), latency },
    service: { ...serviceSample(tables.service, makerOf(later, 3000)), latency },
  };
  const segments = [
    segment("channel", [...PRODUCERS, CONSUMER], { channel }),
    segment("topic", [...SUBSCRIBERS, PUBLISHER], { topic }),
    segment("service", [REQUESTER, RESPONDER], { service }),
    segment("semaphore", [holder], { semaphore }),
    segment("event", [holder], { event }),
    segment("struct", [], { struct, mutex }),
    segment("mutex", [holder], { mutex }),
    segment("memory", [], { isHeld: undefined }),
    segment("unknown", [], { error: damage }),
  ];
  const cell = (index: number): Sample => ({
    index,
    isAwaited: index === 0,
    hasSleepers: index === 1,
    waitingSlots: [index],
    wakes: count(),
    timeoutWakes: count(),
  });
  const told = segments.map((each) => ({
    ...each,
    cells: [cell(0), cell(1), cell(2)],
    takenAtNs: later * 1e9,
  }));
  const bridge = {
    target: "orders",
    ends: [endSample(tables.bridge, makerOf(later, 500), holder)],
  };
  const queue = queueSample(tables.queue, makerOf(later, 4000), latency);
  const maker = makerOf(later, 5000);
  const figuresOf = (kind: Store): Sample => maker.figures(tables[kind]["segment"] ?? {});
  const cache = { ...figuresOf("cache"), entriesByShard: [maker.gauge(), maker.gauge()] };
  const journal = journalSample(tables.journal, makerOf(later, 6000));
  const others = [
    segment("bridge", [holder], { bridge }),
    segment("queue", WORKERS, { queue, mutex }),
    segment("cache", [holder], { cache }),
    { ...segment("cache", [holder], { limiter: figuresOf("limiter") }), name: "a-limiter" },
    segment("table", [holder], { table: figuresOf("table") }),
    segment("counters", [holder], { counters: figuresOf("counters") }),
    segment("journal", [FOLLOWER], { journal }),
  ];
  const rest = others.map((each) => ({ ...each, cells: [cell(0)], takenAtNs: later * 1e9 }));
  return [...told, ...rest];
}

/** The bytes of a histogram: one duration of a microsecond, then one more of two. */
export function latencySample(later: number): Uint8Array<ArrayBuffer> {
  const values = new Float64Array(1224);
  values.set([1 + later, 1000 + later * 2000, 1000, 1000 + later * 1000]);
  values[8 + 223] = 1;
  values[8 + 254] = later;
  return new Uint8Array(values.buffer);
}

/** Numbers from there on: those of a kind stay as they are when another one gets a figure more. */
function makerOf(later: number, from: number): Maker {
  let last = from;
  const count = (): number => ++last + later * last;
  const gauge = (): number => ++last;
  const figureOf = (name: string, { type, unit }: Table[string]): number | boolean => {
    if (type === "counter") return count();
    if (unit === "boolean") return true;
    if (unit === "ratio") return (++last % 1000) / 1024;
    return name === "lastActivityMs" ? BOOT_MS + ++last * 1000 + later * 1000 : gauge();
  };
  const figures = (table: Table): Record<string, number | boolean> =>
    Object.fromEntries(
      Object.entries(table)
        .filter(([, { type }]) => type !== "histogram")
        .map(([name, figure]) => [name, figureOf(name, figure)]),
    );
  return { count, gauge, figures };
}

function someone(slot: number, role: string, isAlive = true): Sample {
  return {
    slot,
    role,
    pid: 1000 + slot,
    startTicks: 7,
    generation: slot + 1,
    name: `${role}.ts`,
    joinedAtMs: BOOT_MS + slot,
    isAlive,
  };
}

function segment(kind: string, participants: readonly Sample[], details: Sample): Sample {
  return {
    name: `a-${kind}`,
    path: `/nowhere/a-${kind}`,
    kind,
    totalBytes: 4096,
    isPersistent: kind === "struct",
    isHeld: true,
    fingerprint: "0000000000000001",
    epoch: "0000000000000002",
    creatorPid: 1000,
    createdAtMs: BOOT_MS,
    sections: [{ id: 3, name: "state", offset: 4096, lengthBytes: 512 }],
    participants,
    mutex: undefined,
    channel: undefined,
    topic: undefined,
    service: undefined,
    queue: undefined,
    cache: undefined,
    limiter: undefined,
    table: undefined,
    counters: undefined,
    journal: undefined,
    bridge: undefined,
    semaphore: undefined,
    event: undefined,
    struct: undefined,
    error: undefined,
    ...details,
  };
}

function channelSample(tables: Tables<string>[string], { count, figures }: Maker): Sample {
  const { producer: sent = {}, lane: taken = {}, segment = {}, consumer = {} } = tables;
  const lanes = PRODUCERS.map((producer, lane) => ({
    lane,
    producer,
    ...figures(sent),
    ...figures(taken),
    position: count(),
    consumedPosition: count(),
  }));
  return {
    mode: "json",
    ...figures(segment),
    recordBytes: 0,
    ...sumsOf(sent, lanes),
    lag: sumOf(lanes, "lag"),
    fill: mostOf(lanes, "fill"),
    lanes,
    consumer: {
      participant: CONSUMER,
      records: sumOf(lanes, "consumedRecords"),
      bytes: sumOf(lanes, "consumedBytes"),
      ...figures(consumer),
    },
  };
}

function topicSample(tables: Tables<string>[string], { count, figures }: Maker): Sample {
  const { publisher: sent = {}, place: read = {}, segment = {}, subscriber = {} } = tables;
  const publishers = [PUBLISHER, undefined].map((publisher, lane) => ({
    lane,
    publisher,
    ...figures(sent),
    position: count(),
  }));
  const subscribers = SUBSCRIBERS.map((participant, index) => {
    const places = [0, 1].map((lane) => ({ lane, ...figures(read), position: count() }));
    return {
      participant,
      state: index === 0 ? "live" : "dead",
      onSlow: index === 0 ? "gate" : undefined,
      ...sumsOf(read, places),
      ...figures(subscriber),
      lag: sumOf(places, "lag"),
      isIdle: index === 0,
      places,
    };
  });
  return {
    mode: "fixed",
    ...figures(segment),
    recordBytes: 48,
    ...sumsOf(sent, publishers),
    lost: sumOf(subscribers, "lost"),
    lag: mostOf(subscribers, "lag"),
    fill: mostOf(publishers, "fill"),
    publishers,
    subscribers,
  };
}

function serviceSample(tables: Tables<string>[string], { count, figures }: Maker): Sample {
  const { flow = {}, requester = {}, responder = {}, segment = {} } = tables;
  const requesters = [REQUESTER, undefined].map((one, lane) => ({
    lane,
    requester: one,
    state: one === undefined ? undefined : "live",
    ...figures(flow),
    ...figures(requester),
    requestPosition: count(),
    replyPosition: count(),
    wantsRoom: lane === 0,
  }));
  return {
    requestMode: "bytes",
    responseMode: "json",
    ...figures(segment),
    ...figures(flow),
    fill: mostOf(requesters, "fill"),
    requesters,
    responder: { participant: RESPONDER, state: "live", ...figures(responder) },
  };
}

function queueSample(
  { segment = {} }: Tables<string>[string],
  { count, figures, gauge }: Maker,
  latency: unknown,
): Sample {
  const jobs = [...WORKERS, undefined].map((worker) => {
    return { id: count(), worker, attempts: gauge(), priority: gauge(), forMs: gauge() };
  });
  return {
    mode: "json",
    recordBytes: 0,
    maxAttempts: Infinity,
    leaseMs: gauge(),
    ...figures(segment),
    jobs,
    newestDeadLetter: { id: count(), attempts: gauge(), lastError: "too late" },
    waitTime: latency,
    runTime: latency,
  };
}

function journalSample(
  { segment = {}, follower = {} }: Tables<string>[string],
  { figures }: Maker,
): Sample {
  const followers = [{ participant: FOLLOWER, name: "billing", ...figures(follower) }];
  return { ...figures(segment), path: "/nowhere/journal", followers };
}

function endSample(
  tables: Tables<string>[string],
  { figures }: Maker,
  participant: Sample,
): Sample {
  return {
    participant,
    direction: "out",
    source: "channel",
    server: "nats://127.0.0.1:4222",
    reason: "the stream is full",
    ...figures(tables["end"] ?? {}),
    isStopped: false,
    lastActivityMs: BOOT_MS,
  };
}

/** What the counters of several come to. */
function sumsOf(table: Table, items: readonly Sample[]): Sample {
  const counters = Object.entries(table).filter(([, { type }]) => type === "counter");
  return Object.fromEntries(counters.map(([name]) => [name, sumOf(items, name)]));
}

/** What the same figure of several comes to. */
function sumOf(items: readonly Sample[], name: string): number {
  return items.reduce((sum, item) => sum + Number(item[name]), 0);
}

function mostOf(items: readonly Sample[], name: string): number {
  return Math.max(...items.map((item) => Number(item[name])));
}
