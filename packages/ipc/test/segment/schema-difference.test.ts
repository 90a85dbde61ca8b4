/** What the error says when a name was made with another schema. */
import { describe, expect, test } from "bun:test";
import { truncateSync, writeFileSync } from "node:fs";
import { Home } from "@isthmus/testing/home";
import {
  array,
  bytes,
  Consumer,
  type Fields,
  f32,
  f64,
  json,
  Producer,
  Publisher,
  Requester,
  Responder,
  SharedStruct,
  type StructSchema,
  Subscriber,
  struct,
  u8,
  u16,
  u32,
  utf8,
  WorkQueue,
} from "../../src/index.ts";

type AnyStruct = StructSchema<Fields>;

const Base = {
  id: u32,
  price: f64,
  place: struct({ x: u16, y: u16 }),
  list: array(struct({ tag: utf8(4), value: f32 }), 3),
  samples: array(f64, 16),
};

/** What another program has made of it, and what the first of them is told. */
const CASES: readonly (readonly [name: string, fields: Fields, words: string])[] = [
  ["another type", { ...Base, price: f32 }, 'field "price" must be f64: found f32'],
  [
    "another count",
    { ...Base, samples: array(f64, 8) },
    'field "samples" must be array(f64,16): found array(f64,8)',
  ],
  [
    "inside a struct",
    { ...Base, place: struct({ x: u16, y: u32 }) },
    'field "place.y" must be u16: found u32',
  ],
  [
    "inside the struct of an array",
    { ...Base, list: array(struct({ tag: utf8(5), value: f32 }), 3) },
    'field "list[].tag" must be utf8(4): found utf8(5)',
  ],
  ["no struct any more", { ...Base, place: u32 }, 'field "place" must be struct: found u32'],
  ["a field more at the end", { ...Base, more: u8 }, 'field "more" must be absent: found u8'],
  [
    "a field more in the middle",
    moved(Base, { id: u32, more: u8 }),
    'field "more" must be absent: found u8',
  ],
  [
    "a field less at the end",
    { ...Base, samples: undefined as never },
    'field "samples" must be array(f64,16): found none',
  ],
  [
    "a field less in the middle",
    { ...Base, price: undefined as never },
    'field "price" must be f64: found none',
  ],
  [
    "another name",
    renamed(Base, "price", "cost"),
    'field "price" must be f64: found "cost" f64 in its place',
  ],
  [
    "another order",
    moved(Base, { price: f64 }),
    'field "id" must be u32: found "price" f64 in its place',
  ],
];

function renamed(fields: Fields, from: string, to: string): Fields {
  return Object.fromEntries(
    Object.entries(fields).map(([name, type]) => [name === from ? to : name, type]),
  );
}

/** With these fields first. */
function moved(fields: Fields, first: Fields): Fields {
  return {
    ...first,
    ...Object.fromEntries(Object.entries(fields).filter(([name]) => !(name in first))),
  };
}

function structOf(fields: Fields): AnyStruct {
  return struct(Object.fromEntries(Object.entries(fields).filter(([, type]) => type))) as AnyStruct;
}

/** The kinds of segments whose records are of one schema: made with one, opened with another. */
const KINDS: Readonly<
  Record<string, (make: AnyStruct) => { made: Disposable; open: (schema: AnyStruct) => Disposable }>
> = {
  SharedStruct: (schema) => ({
    made: SharedStruct.createNew("made", schema),
    open: (other) => SharedStruct.createOrOpen("made", other),
  }),
  channel: (schema) => ({
    made: Producer.createNew("made", { schema }),
    open: (other) => Consumer.openExisting("made", { schema: other }),
  }),
  queue: (schema) => ({
    made: WorkQueue.createNew("made", { schema }),
    open: (other) => WorkQueue.openExisting("made", { schema: other }),
  }),
  topic: (schema) => ({
    made: Publisher.createNew("made", { schema }),
    open: (other) => Subscriber.openExisting("made", { schema: other }),
  }),
  request: (request) => ({
    made: Responder.createNew("made", { request, response: json }),
    open: (other) => Requester.openExisting("made", { request: other, response: json }),
  }),
  response: (response) => ({
    made: Responder.createNew("made", { request: bytes, response }),
    open: (other) => Requester.openExisting("made", { request: bytes, response: other }),
  }),
};

function messageOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    expect(error).toMatchObject({ name: "CorruptSegmentError", code: "ERR_CORRUPT_SEGMENT" });
    return (error as Error).message;
  }
  throw new Error("It was opened");
}

describe.each(Object.keys(KINDS))("%s of another schema", (kind) => {
  test.each(CASES)("%s", (_name, fields, words) => {
    using _home = new Home();
    const [here, there] = [structOf(Base), structOf(fields)];
    const { made, open } = KINDS[kind]?.(there) ?? { made: _home, open: () => _home };
    using _made = made;
    const message = messageOf(() => open(here));
    const whose = kind === "request" || kind === "response" ? `of the ${kind}, ` : "";
    expect(message).toEndWith(`(${whose}${words})`);
    if (whose !== "") return;
    expect(message).toContain(here.fingerprint.hex);
    expect(message).toContain(there.fingerprint.hex);
  });
});

describe("records of another kind", () => {
  const Tick = struct({ id: u32 });
  const schemas = { "a struct": Tick, bytes, json } as const;
  const kinds = Object.keys(schemas) as (keyof typeof schemas)[];
  const pairs = kinds.flatMap((made) => kinds.map((opened) => ({ made, opened })));

  test.each(pairs.filter(({ made, opened }) => made !== opened))("%p", ({ made, opened }) => {
    using _home = new Home();
    const words = `records must be ${opened}: found ${made})`;
    const [there, here] = [schemas[made], schemas[opened]];
    using _producer = Producer.createNew("channel", { schema: there });
    expect(messageOf(() => Consumer.openExisting("channel", { schema: here }))).toEndWith(words);
    using _queue = WorkQueue.createNew("queue", { schema: there });
    expect(messageOf(() => WorkQueue.openExisting("queue", { schema: here }))).toEndWith(words);
    using _publisher = Publisher.createNew("topic", { schema: there });
    expect(messageOf(() => Subscriber.openExisting("topic", { schema: here }))).toEndWith(words);
    using _responder = Responder.createNew("service", { request: json, response: there });
    const ask = (): unknown => Requester.openExisting("service", { request: json, response: here });
    expect(messageOf(ask)).toEndWith(`(of the response, ${words}`);
  });
});

test("a text that the fingerprint does not confirm is not believed", () => {
  using home = new Home();
  const schema = struct({ id: u32 });
  using _shared = SharedStruct.createNew("made", schema, { lifetime: "persistent" });
  const found = home.bytes("made");
  const text = found.indexOf("isthmus struct 1");
  found.write("xx", text + 40);
  truncateSync(home.file("made"), found.length);
  writeFileSync(home.file("made"), found);
  const message = messageOf(() => SharedStruct.openExisting("made", struct({ id: u16 })));
  expect(message).toContain(schema.fingerprint.hex);
  expect(message).not.toContain("field");
});
