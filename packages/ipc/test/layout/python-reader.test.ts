/** A reader in Python, written from `docs/layout.md` alone, reads what this library writes. */
import { describe, expect } from "bun:test";
import { SECTION, SEGMENT_KINDS } from "@isthmus/core/internal";
import { Home } from "@isthmus/testing/home";
import {
  array,
  bool,
  bytes,
  f32,
  f64,
  i8,
  i16,
  i32,
  i64,
  json,
  NamedMutex,
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
} from "../../src/index.ts";
import { SLOT_BYTES, SLOT_COUNT } from "../../src/segment/participant-layout.ts";
import { lieIn } from "../observe/support.ts";
import { peerOf } from "../shared-struct/support/peers.ts";
import { readSegment, testPython } from "./support/python.ts";

/** Every type, at offsets with and without padding before them, nested and repeated. */
const Everything = struct({
  a: u8,
  b: u16,
  c: u32,
  d: i8,
  e: i16,
  f: i32,
  g: u53,
  h: u64,
  i: i64,
  j: f32,
  k: f64,
  l: bool,
  m: oneOf("none", "a, b", 'quo"te', "ça va"),
  n: utf8(10),
  o: bytes(5),
  p: array(i16, 3),
  q: array(array(u8, 2), 3),
  r: struct({ s: u8, t: struct({ u: f64, naïve$: utf8(3) }) }),
  v: array(struct({ w: u16, x: array(struct({ y: u8, z: u53 }), 2) }), 2),
  last: oneOf("first", ...Array.from({ length: 256 }, (_, index) => `word ${index}`)),
});

const VALUE = {
  a: 200,
  b: 60_000,
  c: 4_000_000_000,
  d: -100,
  e: -30_000,
  f: -2_000_000_000,
  g: Number.MAX_SAFE_INTEGER,
  h: 2n ** 64n - 1n,
  i: -(2n ** 63n),
  j: -1.5,
  k: 0.1,
  l: true,
  m: 'quo"te',
  n: "añ€𝄞",
  o: new Uint8Array([1, 0, 255]),
  p: [-1, 0, 32_767],
  q: [
    [1, 2],
    [3, 4],
    [5, 6],
  ],
  r: { s: 7, t: { u: Number.NEGATIVE_INFINITY, naïve$: "€" } },
  v: [
    {
      w: 1,
      x: [
        { y: 2, z: 3 },
        { y: 4, z: 5 },
      ],
    },
    {
      w: 6,
      x: [
        { y: 7, z: 8 },
        { y: 9, z: 2 ** 52 },
      ],
    },
  ],
  last: "word 255",
} as const;

/** The value as `reader.py` prints it. */
const PRINTED = {
  ...VALUE,
  h: "18446744073709551615",
  i: "-9223372036854775808",
  o: [1, 0, 255],
  r: { s: 7, t: { u: "-inf", naïve$: "€" } },
};

describe("reader.py", () => {
  testPython("reads every type of field, and computes the same fingerprint", async () => {
    using _home = new Home();
    using shared = SharedStruct.createNew("everything", Everything);
    const zero = await readSegment("everything", Everything.canonical);
    expect(zero.struct).toMatchObject({ version: 0, value: { a: 0, h: 0, n: "", last: "first" } });
    expect(shared.compareAndSet(0, VALUE)).toBe(true);
    const { struct: found } = await readSegment("everything", Everything.canonical);
    const { fingerprint } = Everything;
    expect(found).toEqual({ fingerprint: fingerprint.hex, version: 1, value: PRINTED });
  });

  testPython("reads a struct by what the segment itself says of it", async () => {
    using home = new Home();
    using shared = SharedStruct.createNew("typed", Everything, { initial: VALUE });
    const typed = await readSegment("typed");
    expect(typed.schema).toEqual([Everything.canonical]);
    expect(typed.struct).toMatchObject({ version: 0, value: PRINTED });
    // A text that is another one than the fingerprint's is not believed.
    lieIn(home.file("typed"), SECTION.schema, 30, new Uint8Array([0x39]));
    expect(await readSegment("typed")).toMatchObject({ schema: null, struct: null });
    expect(shared.read().a).toBe(VALUE.a);
  });

  testPython("reads what the records of a channel, a topic and a service are", async () => {
    using _home = new Home();
    const x = struct({ x: u8 });
    using _channel = Producer.createNew("channel", { schema: x });
    using _topic = Publisher.createNew("topic", { schema: x });
    using _service = Requester.createNew("service", { request: x, response: json });
    using _bytes = Producer.createNew("bytes", { schema: bytes });
    const found = await Promise.all(
      ["channel", "topic", "service", "bytes"].map(
        async (name) => (await readSegment(name)).schema,
      ),
    );
    expect(found).toEqual([[x.canonical], [x.canonical], [x.canonical, "channel of json"], null]);
  });

  testPython("reads the superblock, the sections and who takes part", async () => {
    using home = new Home();
    using shared = SharedStruct.createNew("looked-at", Everything, { lifetime: "persistent" });
    await using peer = peerOf("peer");
    await peer.call("open", "other");
    const { superblock, sections, participants, isHeld } = await readSegment("looked-at");
    const { size } = Bun.file(home.file("looked-at"));
    expect(superblock).toMatchObject({
      kind: SEGMENT_KINDS.struct,
      flags: 1,
      totalBytes: size,
      fingerprint: Everything.fingerprint.hex,
      creatorPid: process.pid,
      name: "looked-at",
    });
    expect(sections.map(({ id }) => id)).toEqual([
      SECTION.participants,
      SECTION.cells,
      SECTION.mutex,
      SECTION.state,
      SECTION.schema,
    ]);
    expect(sections[0]?.length).toBe(SLOT_COUNT * SLOT_BYTES);
    expect(isHeld).toBe(true);
    expect(participants).toMatchObject([{ slot: 0, pid: process.pid, role: 1, isAlive: true }]);
    shared.dispose();
    const left = await readSegment("looked-at", Everything.canonical);
    expect([left.isHeld, left.participants]).toEqual([false, []]);
  });

  testPython("tells the living from the dead, and who holds the mutex", async () => {
    using _home = new Home();
    await using holder = peerOf("peer");
    await holder.call("open", "shared", "persistent");
    expect((await readSegment("shared")).mutex).toMatchObject({ owner: null, acquisitions: 0 });
    const before = Date.now();
    await holder.call("enter", 1);
    const held = await readSegment("shared");
    expect(held.mutex).toMatchObject({
      owner: { pid: holder.pid, isAlive: true },
      acquisitions: 1,
      recoveries: 0,
    });
    // The clock of the stamp is that of the last tick.
    expect(held.mutex?.["sinceMs"]).toBeGreaterThan(before - 1000);
    await holder.kill();
    const orphaned = await readSegment("shared");
    expect(orphaned.mutex).toMatchObject({ owner: { pid: holder.pid, isAlive: false } });
    expect(orphaned.participants).toMatchObject([{ pid: holder.pid, isAlive: false }]);
    expect(orphaned.isHeld).toBe(false);
  });

  testPython("reads a segment of another kind, and refuses what is none", async () => {
    using home = new Home();
    using mutex = NamedMutex.createNew("mutex");
    using _lock = mutex.acquire();
    const seen = await readSegment("mutex");
    expect(seen.superblock["kind"]).toBe(SEGMENT_KINDS.mutex);
    expect(seen.mutex).toMatchObject({ owner: { pid: process.pid, isAlive: true } });
    expect(seen.struct).toBeNull();
    await Bun.write(home.file("garbage"), new Uint8Array(8192).fill(7));
    await Bun.write(home.file("short"), "ISTHMUS\0");
    for (const name of ["garbage", "short"]) {
      expect(await readSegment(name).catch(String)).toContain("Corrupt");
    }
    const mismatch = readSegment("mutex", struct({ x: u8 }).canonical);
    expect(await mismatch.catch(String)).toContain("Corrupt: kind");
  });
});
