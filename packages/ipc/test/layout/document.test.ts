/** `docs/layout.md` says what the source does: every table is compared with it. */
import { describe, expect, test } from "bun:test";
import { closeSync, openSync } from "node:fs";
import { CorruptSegmentError } from "@isthmus/core";
import {
  decodeSuperblock,
  readAbi,
  readHead,
  SECTION,
  SEGMENT_KINDS,
} from "@isthmus/core/internal";
import { Home } from "@isthmus/testing/home";
import {
  CHANNEL,
  CHANNEL_HEADER_BYTES,
  CONSUMER_COUNTERS_OFFSET,
  LANE_BYTES,
  LANE_CONSUMER_COUNTERS_OFFSET,
  LANE_OWNER,
  LANE_PRODUCER_COUNTERS_OFFSET,
} from "../../src/channel/channel-layout.ts";
import { MODES } from "../../src/flow/record-layout.ts";
import {
  array,
  bool,
  bytes,
  type FieldType,
  f32,
  f64,
  i8,
  i16,
  i32,
  i64,
  NamedEvent,
  NamedMutex,
  NamedSemaphore,
  oneOf,
  Producer,
  Publisher,
  Requester,
  SharedStruct,
  struct,
  u8,
  u16,
  u32,
  u53,
  u64,
  utf8,
  WorkQueue,
} from "../../src/index.ts";
import { COUNTER, COUNTERS_BYTES } from "../../src/metrics/counter-layout.ts";
import {
  BUCKET_COUNT,
  BUCKETS_INDEX,
  HISTOGRAM,
  HISTOGRAM_BYTES,
} from "../../src/metrics/histogram-layout.ts";
import {
  CELL_HEADER_BYTES,
  COUNTS,
  KIND,
  QUEUE,
  CELL as QUEUE_CELL,
} from "../../src/queue/queue-layout.ts";
import { BROADCAST, PLACE } from "../../src/ring/broadcast-layout.ts";
import { LANE } from "../../src/ring/lane-layout.ts";
import {
  PARTICIPANT_NAME_BYTES_MAX,
  ROLES,
  SLOT,
  SLOT_BYTES,
  SLOT_COUNT,
  SLOT_COUNT_MAX,
} from "../../src/segment/participant-layout.ts";
import {
  MESSAGE,
  MESSAGE_HEADER_BYTES,
  SERVICE,
  SERVICE_COUNTERS,
  SERVICE_HEADER_BYTES,
  SERVICE_LANE,
  SERVICE_LANE_BYTES,
} from "../../src/service/service-layout.ts";
import {
  COPIES_OFFSET,
  COPY_COUNT,
  COPY_HEADER_BYTES,
  cellsBytes,
  copyBytes,
} from "../../src/shared-struct/cells-layout.ts";
import {
  SCHEMA,
  SCHEMA_HEADER_BYTES,
  SCHEMA_TEXT_BYTES_MAX,
} from "../../src/struct/schema-layout.ts";
import { MARKER_TEXTS } from "../../src/struct/schema-texts.ts";
import { EVENT, EVENT_BYTES, MODES as EVENT_MODES } from "../../src/sync/event-layout.ts";
import { MUTEX, MUTEX_BYTES, STRATEGY } from "../../src/sync/mutex-layout.ts";
import { SEMAPHORE, semaphoreBytes } from "../../src/sync/semaphore-layout.ts";
import {
  ON_SLOW,
  PLACES_OFFSET,
  PUBLISHER_COUNTERS_OFFSET,
  SUBSCRIBER,
  SUBSCRIBER_BYTES,
  SUBSCRIBER_COUNTERS_OFFSET,
  SUBSCRIBERS_OFFSET,
  TOPIC,
  TOPIC_LANE_OWNER,
  topicLanes,
} from "../../src/topic/topic-layout.ts";
import { CELL, CELL_BYTES } from "../../src/wait/wait-cell.ts";
import {
  blocksOf,
  codesOf,
  fieldsOf,
  offsetsOf,
  rowsOf,
  textOf,
  valuesOf,
} from "./support/document.ts";

const WORD = 4;

describe("docs/layout.md", () => {
  const lengths: Readonly<Record<string, number>> = {
    Superblock: 4096,
    "Section entry": 24,
    Participants: SLOT_BYTES,
    "Wait cells": CELL_BYTES,
    Mutex: MUTEX_BYTES,
    "State of a semaphore": semaphoreBytes(0),
    "State of an event": EVENT_BYTES,
    "State of a channel": CHANNEL_HEADER_BYTES,
    Lane: LANE_BYTES,
    Counters: COUNTERS_BYTES,
    Latency: HISTOGRAM_BYTES,
    "State of a service": SERVICE_HEADER_BYTES,
    "Lane of a service": SERVICE_LANE_BYTES,
    Message: MESSAGE_HEADER_BYTES,
    "State of a topic": topicLanes(0).headerBytes,
    Subscriber: SUBSCRIBER_BYTES,
    "Lane of a topic": topicLanes(0).entryBytes,
    Place: SUBSCRIBER_BYTES,
  };
  for (const [heading, length] of Object.entries(lengths)) {
    test(`${heading}: the rows cover ${length} bytes without a gap`, () => {
      let end = 0;
      for (const { name, offset, bytes: count } of fieldsOf(heading)) {
        expect({ name, offset }).toEqual({ name, offset: end });
        end += name === "sections" ? 32 * 24 : count;
      }
      expect(end).toBe(length);
    });
  }

  test("Participants, Wait cells, Mutex and states: the offsets are those of the source", () => {
    expect(offsetsOf("Participants", WORD)).toEqual(SLOT);
    expect(offsetsOf("Wait cells", WORD)).toEqual(CELL);
    expect(offsetsOf("Mutex", WORD)).toEqual(MUTEX);
    expect(offsetsOf("State of a semaphore", WORD)).toEqual(SEMAPHORE);
    expect(offsetsOf("State of an event", WORD)).toEqual(EVENT);
    const name = fieldsOf("Participants").find((field) => field.name === "name");
    expect(name?.bytes).toBe(PARTICIPANT_NAME_BYTES_MAX);
  });

  test("State of a struct: the offsets are those of the source", () => {
    expect(offsetsOf("State of a struct", 1)).toEqual({ sequence: 0, copies: COPIES_OFFSET });
    const copy = { version: 0, record: COPY_HEADER_BYTES };
    expect(offsetsOf("Copy", 1)).toEqual(copy);
    for (const size of [1, 48, 49, 1000]) {
      const length = Math.ceil((16 + size) / 64) * 64;
      expect([copyBytes(size), cellsBytes(size)]).toEqual([length, 64 + COPY_COUNT * length]);
    }
  });

  test("Roles, Strategies, Kinds, Sections: the codes are those of the source", () => {
    expect(codesOf("Roles", "code", "role")).toEqual(ROLES);
    expect(codesOf("Strategies", "code", "strategy")).toEqual(STRATEGY);
    expect(codesOf("Kinds", "code", "kind")).toEqual(SEGMENT_KINDS);
    expect(codesOf("Sections", "id", "section")).toEqual(SECTION);
    const participants = rowsOf("Sections").find(({ section }) => section === "participants");
    expect(participants?.["length"]).toBe(`${SLOT_BYTES} × what the creator chose`);
    const most = `at most ${SLOT_COUNT_MAX}. Unless it is told to be otherwise, ${SLOT_COUNT} for`;
    expect(textOf("Participants")).toContain(most);
  });
});

describe("docs/layout.md, the meaning of numbers", () => {
  test("ABI: a word is known exactly if it is in the table", () => {
    const cpus = { x64: 1, arm64: 2 };
    const columns = { x64: "mutex on x64", arm64: "on arm64" };
    const told = rowsOf("ABI").flatMap((row) =>
      (["x64", "arm64"] as const).map((cpu) => ({
        tag: cpus[cpu] | (Number(row["code"]) << 8) | (Number(row[columns[cpu]]) << 16),
        abi: { cpu, library: row["C library"], system: row["system"] },
      })),
    );
    for (const { tag, abi } of told) expect(readAbi(tag)).toMatchObject(abi);
    const known: number[] = [];
    for (let low = 0; low < 1 << 12; low++) {
      for (let mutexBytes = 0; mutexBytes <= 64; mutexBytes++) {
        const tag = low | (mutexBytes << 16);
        if (readAbi(tag) !== undefined) known.push(tag);
      }
    }
    expect(known.sort()).toEqual(told.map(({ tag }) => tag).sort());
    expect(textOf("ABI")).toContain("the CPU is 1 for x64 (x86-64) and 2 for arm64");
    const glibc = told.find(({ abi }) => abi.library === "glibc")?.tag ?? 0;
    expect(textOf("ABI")).toContain(`with glibc is 0x${glibc.toString(16).padStart(8, "0")}`);
  });

  test.each([
    ["State of a channel", "mode", "slots of one size", "records of any size"],
    ["State of a topic", "mode", "slots of one size", "records of any size"],
    ["State of a service", "requestMode", "a struct", "bytes"],
    ["State of a work queue", "mode", "jobs of a struct", "bytes"],
  ])("%s, %s: the numbers of the modes", (heading, field, fixed, sized) => {
    const {
      [MODES.fixed]: first,
      [MODES.bytes]: second,
      [MODES.json]: third,
      ...others
    } = valuesOf(heading, field);
    expect([first, second, others]).toEqual([fixed, sized, {}]);
    expect(third === "the same" || third === "JSON").toBe(true);
  });

  test("the numbers of an event's modes, and of what a slow subscriber asks for", () => {
    const { auto, manual } = EVENT_MODES;
    expect(valuesOf("State of an event", "mode")).toEqual({ [auto]: "auto", [manual]: "manual" });
    const slow = { 0: "none", [ON_SLOW.gate]: "publishers wait", [ON_SLOW.lap]: "it is lapped" };
    expect(valuesOf("Subscriber", "onSlow")).toEqual(slow);
  });
});

describe("docs/layout.md, compared with segments", () => {
  /** The head of a new struct, and how it is decoded. */
  function headOf(home: Home): { head: Uint8Array; size: number } {
    using _shared = SharedStruct.createNew("made", struct({ x: u8 }));
    const path = home.file("made");
    const fd = openSync(path, "r");
    try {
      return { head: readHead(fd).slice(), size: Bun.file(path).size };
    } finally {
      closeSync(fd);
    }
  }

  test("Superblock: each field is where the table says", () => {
    using home = new Home();
    const { head, size } = headOf(home);
    const decode = (): Record<string, unknown> => ({ ...decodeSuperblock(head, size, "made") });
    const intact = decode();
    /** Names of the library for what the table calls otherwise. */
    const names: Record<string, string> = {
      flags: "isPersistent",
      nameLength: "name",
      createdAt: "createdAtMs",
      sectionCount: "sections",
    };
    for (const { name, offset, bytes: count } of fieldsOf("Superblock")) {
      const at = name === "sections" ? offset + 8 : offset;
      // The last byte of what is reserved, the first of everything else.
      const place = name === "reserved" ? offset + count - 1 : at;
      // An earlier minor version is read, too: this makes it a later one.
      const bit = name === "layoutVersion" ? 2 : 1;
      head[place] = (head[place] as number) ^ bit;
      const changed = changesOf(intact, decode);
      head[place] = (head[place] as number) ^ bit;
      if (name === "reserved") expect([offset, changed]).toEqual([offset, []]);
      else if (typeof changed === "string") expect(changed).toContain(messageOf(name));
      else expect(changed).toEqual([names[name] ?? name]);
    }
  });

  /** Which properties differ, or the message of the error. */
  function changesOf(
    intact: Record<string, unknown>,
    decode: () => Record<string, unknown>,
  ): string[] | string {
    try {
      const found = decode();
      return Object.keys(found).filter((key) => !Bun.deepEquals(found[key], intact[key]));
    } catch (error) {
      if (error instanceof CorruptSegmentError) return error.message;
      throw error;
    }
  }

  /** What the message of an error calls a field. */
  function messageOf(field: string): string {
    const names: Record<string, string> = {
      layoutVersion: "layout version",
      byteOrder: "byte order",
      abi: "ABI tag",
      totalBytes: "total size",
      sectionCount: "section",
      headerBytes: "section",
      sections: "section",
    };
    return names[field] ?? field;
  }

  test("State of a channel, Lane, Counters: the offsets are those of the source", () => {
    const { counters, ...channel } = offsetsOf("State of a channel", WORD);
    expect(channel).toEqual(CHANNEL);
    expect(counters).toBe(CONSUMER_COUNTERS_OFFSET / WORD);
    const { producerCounters, consumerCounters, ...lane } = offsetsOf("Lane", WORD);
    expect(lane).toEqual({ ...LANE, ...LANE_OWNER });
    expect(producerCounters).toBe(LANE_PRODUCER_COUNTERS_OFFSET / WORD);
    expect(consumerCounters).toBe(LANE_CONSUMER_COUNTERS_OFFSET / WORD);
    expect(offsetsOf("Counters", 8)).toEqual(COUNTER);
  });

  test("State of a service, Lane of a service, Message: the offsets are those of the source", () => {
    expect(offsetsOf("State of a service", WORD)).toEqual(SERVICE);
    const { owner, isReady, generation, wantsRoom, requests, replies } = SERVICE_LANE;
    const rings: Record<string, number> = {};
    for (const [name, ring] of [
      ["request", requests],
      ["reply", replies],
    ] as const) {
      rings[`${name}Tail`] = ring + LANE.tail;
      rings[`${name}TailHigh`] = ring + LANE.tailHigh;
      rings[`${name}Head`] = ring + LANE.head;
      rings[`${name}HeadHigh`] = ring + LANE.headHigh;
    }
    for (const [name, offset] of Object.entries(SERVICE_COUNTERS)) {
      rings[`${name}Counters`] = offset / WORD;
    }
    const expected = { ...rings, owner, isReady, generation, wantsRoom };
    expect(offsetsOf("Lane of a service", WORD)).toEqual(expected);
    const { body, ...message } = offsetsOf("Message", WORD);
    expect(message).toEqual(MESSAGE);
    expect(body).toBe(MESSAGE_HEADER_BYTES / WORD);
  });

  test("State of a work queue, Cell of a queue: the offsets and kinds are those of the source", () => {
    expect(offsetsOf("State of a work queue", WORD)).toEqual(QUEUE);
    const { payload, ...cell } = offsetsOf("Cell of a queue", WORD);
    expect(cell).toEqual(QUEUE_CELL);
    expect(payload).toBe(CELL_HEADER_BYTES / WORD);
    const kinds = codesOf("Kinds of a cell", "code", "queue kind");
    expect(kinds).toEqual(KIND);
    const counts = textOf("State of a work queue");
    for (const name of Object.keys(COUNTS)) expect(counts).toContain(name);
  });

  test("State of a topic, Subscriber, Lane of a topic, Place: the offsets are those of the source", () => {
    const { subscribers, ...topic } = offsetsOf("State of a topic", WORD);
    expect(topic).toEqual(TOPIC);
    expect(subscribers).toBe(SUBSCRIBERS_OFFSET / WORD);
    const counters = SUBSCRIBER_COUNTERS_OFFSET / WORD;
    expect(offsetsOf("Subscriber", WORD)).toEqual({ ...SUBSCRIBER, counters });
    const { publisherCounters, places, ...lane } = offsetsOf("Lane of a topic", WORD);
    expect(lane).toEqual({ ...BROADCAST, ...TOPIC_LANE_OWNER });
    expect(publisherCounters).toBe(PUBLISHER_COUNTERS_OFFSET / WORD);
    expect(places).toBe(PLACES_OFFSET / WORD);
    expect(offsetsOf("Place", WORD)).toEqual({ ...PLACE, counters });
  });

  test("Latency: the offsets are those of the source", () => {
    expect(offsetsOf("Latency", 8)).toEqual({ ...HISTOGRAM, buckets: BUCKETS_INDEX });
    const latency = rowsOf("Sections").find(({ section }) => section === "latency");
    expect(latency?.["length"]).toStartWith(`_n_ × ${HISTOGRAM_BYTES},`);
    expect(fieldsOf("Latency").at(-1)?.bytes).toBe(BUCKET_COUNT * 8);
  });

  test("Schema: the offsets are those of the source", () => {
    const { texts, ...lengths } = offsetsOf("Schema", WORD);
    expect(lengths).toEqual(SCHEMA);
    expect(texts).toBe(SCHEMA_HEADER_BYTES / WORD);
    expect(textOf("Schema")).toContain(`over\n${SCHEMA_TEXT_BYTES_MAX} bytes together`);
    for (const marker of Object.values(MARKER_TEXTS)) {
      expect(textOf("Schema")).toContain(`\`${marker}\``);
    }
  });

  test("Kinds: each has the sections and cells of the table", () => {
    using home = new Home();
    using stack = new DisposableStack();
    stack.use(NamedMutex.createNew("mutex"));
    stack.use(NamedSemaphore.createNew("semaphore"));
    stack.use(NamedEvent.createNew("event", { reset: "auto" }));
    stack.use(SharedStruct.createNew("struct", struct({ x: u8 })));
    stack.use(Producer.createNew("channel", { schema: struct({ x: u8 }) }));
    const x = struct({ x: u8 });
    stack.use(Requester.createNew("service", { request: x, response: x }));
    stack.use(Publisher.createNew("topic", { schema: x }));
    stack.use(WorkQueue.createNew("queue", { schema: x }));
    // Memory is core's and has no participants; the others are made by the packages above.
    const kinds = Object.keys(SEGMENT_KINDS).filter(
      (kind) => !["memory", "cache", "table", "counters", "journal", "bridge"].includes(kind),
    );
    for (const kind of kinds) {
      const row = rowsOf("Kinds").find((candidate) => candidate["kind"] === kind);
      const fd = openSync(home.file(kind), "r");
      const { sections } = decodeSuperblock(readHead(fd), Bun.file(home.file(kind)).size, kind);
      closeSync(fd);
      const ids = row?.["sections"]?.split(", ").map((name) => SECTION[name as "data"]);
      expect(sections.map(({ id }) => id)).toEqual(ids as number[]);
      const cells = sections.find(({ id }) => id === SECTION.cells);
      expect(cells?.length).toBe(Number(row?.["cells"]) * CELL_BYTES);
    }
  });
});

describe("docs/layout.md, Records", () => {
  const types: Readonly<Record<string, FieldType<unknown>>> = {
    u8,
    u16,
    u32,
    i8,
    i16,
    i32,
    u53,
    u64,
    i64,
    f32,
    f64,
    bool,
  } as Record<string, FieldType<unknown>>;

  test("the table has the size and alignment of every number", () => {
    const numbers = rowsOf("Records").filter(({ bytes: count }) => Number(count) > 0);
    expect(numbers.map(({ type }) => type)).toEqual(Object.keys(types));
    for (const { type, bytes: count, alignment } of numbers) {
      const { layout } = types[type as string] as FieldType<unknown>;
      expect([layout.size, layout.alignment]).toEqual([Number(count), Number(alignment)]);
    }
  });

  test("texts, bytes and words have the size of the table", () => {
    for (const n of [1, 4, 5, 31]) {
      for (const type of [utf8(n), bytes(n)]) {
        expect(type.layout).toMatchObject({ size: Math.ceil((4 + n) / 4) * 4, alignment: 4 });
      }
    }
    const words = (count: number) => Array.from({ length: count }, (_, i) => `${i}`);
    expect(oneOf("first", ...words(255)).layout).toMatchObject({ size: 1, alignment: 1 });
    expect(oneOf("first", ...words(256)).layout).toMatchObject({ size: 2, alignment: 2 });
  });

  test("the example has the text, the fingerprint and the bytes that are shown", () => {
    const Order = struct({
      id: u32,
      price: f64,
      side: oneOf("buy", "sell"),
      isFilled: bool,
      symbol: utf8(6),
      fills: array(struct({ at: u53, size: u16 }), 2),
    });
    const [declaration, text, dump] = blocksOf("Example");
    expect(Order.canonical).toBe(text as string);
    expect(textOf("Example")).toContain(`Fingerprint: \`${Order.fingerprint.hex}\``);
    expect(declaration).toContain("fills: array(struct({ at: u53, size: u16 }), 2)");
    const view = new DataView(new ArrayBuffer(Order.size));
    const fills = [
      { at: 1, size: 300 },
      { at: 2 ** 40, size: 0 },
    ];
    Order.encode(view, 0, {
      id: 7,
      price: 2.5,
      side: "sell",
      isFilled: true,
      symbol: "XYZ",
      fills,
    });
    const lines = (dump as string).trimEnd().split("\n");
    const shown = lines.map((line) => line.slice(4).replaceAll(" ", "")).join("");
    expect(Buffer.from(view.buffer).toString("hex")).toBe(shown);
  });
});
