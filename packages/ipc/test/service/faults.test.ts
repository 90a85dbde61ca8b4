/** Hostile memory, numbers that wrap around, and leaks. */

import { afterEach, describe, expect, spyOn, test } from "bun:test";
import { readFileSync } from "node:fs";
import { decodeSuperblock, SECTION } from "@isthmus/core/internal";
import { Home } from "@isthmus/testing/home";
import { descriptorCount, mappingsOf } from "@isthmus/testing/process-state";
import { ifProc } from "@isthmus/testing/requirement";
import { runs } from "@isthmus/testing/runs";
import fc from "fast-check";
import { bytes, json, oneOf, Requester, Responder, struct, u32 } from "../../src/index.ts";
import { decodeError, encodeError } from "../../src/service/error-body.ts";
import { PendingRequests } from "../../src/service/pending-requests.ts";
import { SERVICE_HEADER_BYTES, SERVICE_LANE_BYTES } from "../../src/service/service-layout.ts";
import { lieIn, words } from "../observe/support.ts";

const Tick = struct({ id: u32, side: oneOf("buy", "sell") });
const CAPACITY_BYTES = 4096;
const JSONS = { request: json, response: json };

/** Errors that the documentation promises to whoever asks. */
const PROMISED = [
  "ETIMEDOUT",
  "ERR_PEER_DIED",
  "ERR_CORRUPT_SEGMENT",
  "ERR_REMOTE",
  "ERR_DISPOSED",
];

afterEach(() => {
  spyOn(Math, "random").mockRestore();
});

interface Lie {
  readonly isLane: boolean;
  readonly at: number;
  readonly value: number;
}

const word = fc.oneof(fc.integer(), fc.constantFrom(0, -1, 1, 2, 0x7fff_ffff, 1 << 20, 512));
/** Words of the ring, or of the state behind the sizes, which are read once. */
const lies = fc.array(
  fc.record({ isLane: fc.boolean(), at: fc.integer({ min: 0, max: 2047 }), value: word }),
  { minLength: 1, maxLength: 10 },
);

function tell(home: Home, { isLane, at, value }: Lie): void {
  const lie = words(value);
  const path = home.file("lies");
  if (isLane) {
    lieIn(path, SECTION.lanes, at * 4, lie);
    return;
  }
  const stateWords = (SERVICE_HEADER_BYTES - 128 + SERVICE_LANE_BYTES) / 4;
  lieIn(path, SECTION.state, 128 + (at % stateWords) * 4, lie);
}

describe("hostile memory", () => {
  for (const [kind, schema, record] of [
    ["struct", Tick, { id: 1, side: "buy" }],
    ["bytes", bytes, new Uint8Array(24)],
    ["json", json, { id: 1 }],
  ] as const) {
    test(`${kind}: nobody hangs, nothing is thrown that is not promised`, async () => {
      using home = new Home();
      const options = {
        request: schema as typeof json,
        response: schema as typeof json,
        capacityBytes: CAPACITY_BYTES,
        maxRequesters: 1,
      };
      const outcomes = new Set<string>();
      const run = async (script: readonly Lie[]): Promise<void> => {
        using responder = Responder.createNew("lies", options);
        using requester = Requester.openExisting("lies", options);
        const ask = (): Promise<void> =>
          requester.request(record, { timeoutMs: 3 }).then(
            () => void outcomes.add("answered"),
            (error: { readonly code: string }) => void outcomes.add(error.code),
          );
        const answers = Array.from({ length: 5 }, ask);
        for (const lie of script) {
          tell(home, lie);
          answers.push(ask());
          responder.poll((request) => request, { limit: 3 });
          // A handler of structs may find a word that its schema does not have when it reads it.
          responder.poll((request) => {
            for (const _field of Object.values(request));
            return request;
          });
          await Promise.resolve();
        }
        await Promise.all(answers);
        for (const counted of [requester.metrics.corruptions, responder.metrics.corruptions]) {
          expect(counted).toBeGreaterThanOrEqual(0);
        }
      };
      await fc.assert(fc.asyncProperty(lies, run), runs(60));
      outcomes.delete("answered");
      for (const code of outcomes) expect(PROMISED).toContain(code);
      expect(home.names()).toEqual([]);
    });
  }

  test("serving goes on behind lies, and the service is of use again", async () => {
    using home = new Home();
    const options = { ...JSONS, capacityBytes: CAPACITY_BYTES, maxRequesters: 2 };
    using responder = Responder.createNew("lies", options);
    using liar = Requester.openExisting("lies", options);
    using honest = Requester.openExisting("lies", options);
    void responder.serve((x) => x);
    expect(await Promise.all([liar.request(1), honest.request(2)])).toEqual([1, 2]);
    for (let round = 0; round < 50; round++) {
      tell(home, { isLane: true, at: (round * 37) % 1024, value: round * 0x1234_5671 });
      await liar.request(round, { timeoutMs: 2 }).catch(() => {});
      expect(await honest.request(round)).toBe(round);
    }
  });

  test("a body that its schema does not allow is an error on either side", async () => {
    using home = new Home();
    const options = { request: Tick, response: Tick, maxRequesters: 1 };
    using responder = Responder.createNew("word", options);
    using requester = Requester.openExisting("word", options);
    const outcome = (answer: Promise<unknown>): Promise<string> =>
      answer.then(String, (error: Error) => `${error.name}: ${error.message}`);
    const offset = Tick.layout.fields[1]?.offset ?? 0;
    const asked = outcome(requester.request({ id: 1, side: "buy" }));
    // Behind the record's header and the message's.
    lieIn(home.file("word"), SECTION.lanes, 16 + offset, new Uint8Array([99]));
    void responder.serve((tick) => tick);
    expect(await asked).toContain("RemoteError");
    expect(responder.metrics).toMatchObject({ corruptions: 1, errors: 1 });
    responder.dispose();
    using second = Responder.openExisting("word", options);
    const later = outcome(requester.request({ id: 2, side: "sell" }));
    expect(second.poll(({ id }) => ({ id, side: "sell" }))).toBe(1);
    const file = readFileSync(home.file("word"));
    const { sections } = decodeSuperblock(file, file.length, "word");
    const lanes = sections.find(({ id }) => id === SECTION.lanes);
    const replies = 1 << 20;
    const firstReply = file.readUInt32LE((lanes?.offset ?? 0) + replies);
    const next = Math.ceil((8 + firstReply) / 8) * 8;
    lieIn(home.file("word"), SECTION.lanes, replies + next + 16 + offset, new Uint8Array([99]));
    expect(await later).toContain("CorruptSegmentError");
    expect(requester.metrics).toMatchObject({ corruptions: 1, pending: 0 });
  });

  test("a header that cannot be is refused", () => {
    using home = new Home();
    for (let at = 0; at < 6; at++) {
      using _responder = Responder.createNew("lies", JSONS);
      lieIn(home.file("lies"), SECTION.state, at * 4, new Uint8Array([1, 2, 3, 255]));
      expect(() => Requester.openExisting("lies", JSONS)).toThrow("cannot be");
    }
  });
});

describe("numbers of requests", () => {
  test("wrap around at 2^32, leave out that of padding and those of pending requests", () => {
    const pending = new PendingRequests(0xffff_fffe);
    const add = (id: number): void =>
      pending.add({ id, term: 1, madeNs: 0, body: undefined, resolve: () => {}, reject: () => {} });
    add(1);
    expect(Array.from({ length: 4 }, () => pending.nextId())).toEqual([-2, 0, 2, 3]);
    const wrapping = new PendingRequests(2 ** 32 - 500_000);
    const seen = new Set(Array.from({ length: 1_000_000 }, () => wrapping.nextId()));
    expect([seen.size, seen.has(-1)]).toEqual([1_000_000, false]);
  });

  test("requests on both sides of the wrap-around get their answers", async () => {
    using _home = new Home();
    spyOn(Math, "random").mockReturnValue(1 - 300 / 2 ** 32);
    using responder = Responder.createNew("asked", JSONS);
    using requester = Requester.openExisting("asked", JSONS);
    let go = (): void => {};
    void responder.serve((x) =>
      x === "first" ? new Promise<string>((r) => (go = () => r("late"))) : x,
    );
    const first = requester.request("first");
    const answers = await Promise.all(Array.from({ length: 1000 }, (_, i) => requester.request(i)));
    expect(answers).toEqual(Array.from({ length: 1000 }, (_, i) => i));
    go();
    expect(await first).toBe("late");
  });
});

describe("errors as bodies", () => {
  test("every thrown value fits the shortest ring and comes out as an error", () => {
    const limitBytes = CAPACITY_BYTES / 2 - 16;
    const run = (thrown: unknown): void => {
      const body = encodeError(thrown, limitBytes);
      expect(body.length).toBeLessThanOrEqual(limitBytes);
      expect(typeof decodeError(Buffer.from(body).toString()).message).toBe("string");
    };
    const text = fc.oneof(
      fc.string({ unit: "binary", maxLength: 5000 }),
      fc.constantFrom("\0".repeat(5000), "\ud800".repeat(5000), "€".repeat(5000)),
    );
    const error = fc
      .record({ name: text, message: text, code: fc.oneof(text, fc.integer()), stack: text })
      .map((fields) => Object.assign(new Error(fields.message), fields));
    fc.assert(fc.property(fc.oneof(error, fc.anything()), run), runs(200));
  });

  test("what is no error's body comes out as an error, too", () => {
    for (const text of ["", "{", "null", "1", "[]", '{"message":1,"code":{}}']) {
      expect(decodeError(text)).toMatchObject({ code: "ERR_REMOTE", remoteName: "unknown" });
    }
  });
});

describe("leaks", () => {
  ifProc("opening, asking and closing leaves no descriptor, mapping or file behind", async () => {
    using home = new Home();
    const cycle = async (): Promise<void> => {
      using responder = Responder.createNew("cycle", { ...JSONS, capacityBytes: CAPACITY_BYTES });
      using requester = Requester.openExisting("cycle", JSONS);
      void responder.serve((x) => x);
      expect(await requester.request(1)).toBe(1);
    };
    const count = () => ({
      descriptors: descriptorCount(),
      mappings: mappingsOf(home.path),
    });
    for (let i = 0; i < 20; i++) await cycle();
    const before = count();
    for (let i = 0; i < 500; i++) await cycle();
    const after = count();
    // What other tests have forgotten may go meanwhile: 500 cycles that leave something leave more.
    expect(after.descriptors).toBeLessThanOrEqual(before.descriptors);
    expect(after.mappings).toBe(before.mappings);
    expect(home.names()).toEqual([]);
  });
});
