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

/** Makes figures, each another one. */
interface Maker {
  /** A counter, each with a rate of its own. */
  readonly count: () => number;
  readonly gauge: () => number;
  readonly share: () => number;
  readonly time: () => number;
}

/**
 * Describes the segments.
 *
 * @param later How many seconds after the first look; counters grow with it.
 * @param latency What to put in the place of the latency of what has one.
 */
export function segmentSamples(later: number, latency?: unknown): Sample[] {
  let last = 100;
  const make: Maker = {
    count: () => ++last + later * last,
    gauge: () => ++last,
    share: () => ++last / 1024,
    time: () => BOOT_MS + ++last * 1000 + later * 1000,
  };
  const { count, gauge } = make;
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
    channel: { ...channelSample(make), latency },
    topic: { ...topicSample(make), latency },
    service: { ...serviceSample(make), latency },
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
  // Later kinds last: the figures of the others stay as they are.
  const bridge = { target: "orders", ends: [endSample(make, holder, "out")] };
  const bridging = segment("bridge", [holder], { bridge });
  return [...told, { ...bridging, cells: [cell(0)], takenAtNs: later * 1e9 }];
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
    semaphore: undefined,
    event: undefined,
    struct: undefined,
    error: undefined,
    ...details,
  };
}

function channelSample({ count, gauge, share, time }: Maker): Sample {
  const lanes = PRODUCERS.map((producer, lane) => ({
    lane,
    producer,
    position: count(),
    records: count(),
    bytes: count(),
    drops: count(),
    fullWaits: count(),
    lastActivityMs: time(),
    consumedPosition: count(),
    consumedRecords: count(),
    consumedBytes: count(),
    lag: gauge(),
    fill: share(),
  }));
  return {
    mode: "json",
    recordBytes: 0,
    capacityBytes: gauge(),
    capacity: gauge(),
    maxProducers: gauge(),
    records: sumOf(lanes, "records"),
    bytes: sumOf(lanes, "bytes"),
    drops: sumOf(lanes, "drops"),
    fullWaits: sumOf(lanes, "fullWaits"),
    lag: sumOf(lanes, "lag"),
    fill: mostOf(lanes, "fill"),
    consumerWakes: count(),
    producerWakes: count(),
    timeoutWakes: count(),
    lanes,
    consumer: {
      participant: CONSUMER,
      records: sumOf(lanes, "consumedRecords"),
      bytes: sumOf(lanes, "consumedBytes"),
      emptyWaits: count(),
      skipped: count(),
      corruptions: count(),
      isIdle: true,
      lastActivityMs: time(),
    },
  };
}

function topicSample({ count, gauge, share, time }: Maker): Sample {
  const publishers = [PUBLISHER, undefined].map((publisher, lane) => ({
    lane,
    publisher,
    position: count(),
    oldestPosition: gauge(),
    records: count(),
    bytes: count(),
    drops: count(),
    fullWaits: count(),
    lastActivityMs: time(),
    fill: share(),
  }));
  const subscribers = SUBSCRIBERS.map((participant, index) => {
    const places = [0, 1].map((lane) => ({
      lane,
      position: count(),
      records: count(),
      bytes: count(),
      lost: count(),
      laps: count(),
      lag: gauge(),
    }));
    return {
      participant,
      state: index === 0 ? "live" : "dead",
      onSlow: index === 0 ? "gate" : undefined,
      records: sumOf(places, "records"),
      bytes: sumOf(places, "bytes"),
      lost: sumOf(places, "lost"),
      laps: sumOf(places, "laps"),
      lag: sumOf(places, "lag"),
      emptyWaits: count(),
      skipped: count(),
      corruptions: count(),
      isIdle: index === 0,
      lastActivityMs: time(),
      places,
    };
  });
  return {
    mode: "fixed",
    recordBytes: 48,
    capacityBytes: gauge(),
    capacity: gauge(),
    maxPublishers: gauge(),
    records: sumOf(publishers, "records"),
    bytes: sumOf(publishers, "bytes"),
    drops: sumOf(publishers, "drops"),
    fullWaits: sumOf(publishers, "fullWaits"),
    lost: sumOf(subscribers, "lost"),
    lag: mostOf(subscribers, "lag"),
    fill: mostOf(publishers, "fill"),
    subscriberWakes: count(),
    publisherWakes: count(),
    timeoutWakes: count(),
    publishers,
    subscribers,
  };
}

function serviceSample(make: Maker): Sample {
  const { count, gauge, share, time } = make;
  const requesters = [REQUESTER, undefined].map((one, lane) => ({
    lane,
    requester: one,
    state: one === undefined ? undefined : "live",
    ...flowSample(make),
    waitingReplies: gauge(),
    requestPosition: count(),
    replyPosition: count(),
    wantsRoom: lane === 0,
    fill: share(),
    lastActivityMs: time(),
  }));
  return {
    requestMode: "bytes",
    responseMode: "json",
    requestCapacityBytes: gauge(),
    replyCapacityBytes: gauge(),
    maxRequesters: gauge(),
    pending: gauge(),
    ...flowSample(make),
    fill: mostOf(requesters, "fill"),
    responderWakes: count(),
    requesterWakes: count(),
    timeoutWakes: count(),
    requesters,
    responder: {
      participant: RESPONDER,
      state: "live",
      isServing: true,
      terms: gauge(),
      lastActivityMs: time(),
    },
  };
}

function flowSample({ count, gauge }: Maker): Sample {
  return {
    requests: count(),
    requestBytes: count(),
    replies: count(),
    replyBytes: count(),
    errors: count(),
    timeouts: count(),
    lateReplies: count(),
    droppedReplies: count(),
    skippedRequests: count(),
    waits: count(),
    replyWaits: count(),
    corruptions: count(),
    queued: gauge(),
    unanswered: gauge(),
  };
}

function endSample({ count, gauge }: Maker, participant: Sample, direction: string): Sample {
  return {
    participant,
    direction,
    source: "channel",
    server: "nats://127.0.0.1:4222",
    reason: "the stream is full",
    records: count(),
    bytes: count(),
    messages: count(),
    resends: count(),
    duplicates: count(),
    gaps: count(),
    lost: count(),
    drops: count(),
    stalls: count(),
    reconnects: count(),
    lag: gauge(),
    inFlight: gauge(),
    spilledBytes: gauge(),
    acknowledgeMs: gauge(),
    isAway: true,
    isStalled: true,
    haltedMs: gauge(),
    isStopped: false,
    lastActivityMs: BOOT_MS,
  };
}

/** What the same figure of several comes to. */
function sumOf<Name extends string>(
  items: readonly Readonly<Record<Name, number>>[],
  name: Name,
): number {
  return items.reduce((sum, item) => sum + item[name], 0);
}

/** The greatest of the same figure of several. */
function mostOf<Name extends string>(
  items: readonly Readonly<Record<Name, number>>[],
  name: Name,
): number {
  return Math.max(...items.map((item) => item[name]));
}
