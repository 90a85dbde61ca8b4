/** What fuzzing has found in what was shipped, each as it happened. */
import { afterEach, describe, expect, test } from "bun:test";
import { CorruptSegmentError, MemoryMappedFile } from "@isthmus/core";
import { SECTION } from "@isthmus/core/internal";
import { Home } from "@isthmus/testing/home";
import { CHANNEL } from "../../src/channel/channel-layout.ts";
import {
  Consumer,
  json,
  observe,
  Producer,
  Publisher,
  Requester,
  Responder,
  Subscriber,
} from "../../src/index.ts";
import { SLOT, SLOT_BYTES } from "../../src/segment/participant-layout.ts";
import { TOPIC } from "../../src/topic/topic-layout.ts";
import { lieIn, words } from "../observe/support.ts";

const NAME = "found";
const CAPACITY_BYTES = 4096;
const OPTIONS = { schema: json, capacityBytes: CAPACITY_BYTES };
/** Records of a ring: the shortest have 8 bytes. */
const RECORDS_MAX = CAPACITY_BYTES / 8;

/** Text that has as many bytes as its replacement, and fewer characters. */
const SENT = "€".repeat(8);
const REPLACEMENT = "a".repeat(24);

const original = { toString: Buffer.prototype.toString, parse: JSON.parse };

afterEach(() => {
  Buffer.prototype.toString = original.toString;
  JSON.parse = original.parse;
});

/** From now on somebody changes a file's text whenever text is about to be decoded, wherever from. */
function changeWhileDecoding(path: string): { readonly changes: number } {
  const memory = Bun.mmap(path);
  const text = Buffer.from(SENT);
  const told = { changes: 0 };
  Buffer.prototype.toString = function (this: Buffer, ...rest: never[]): string {
    const all = Buffer.from(memory.buffer, memory.byteOffset, memory.byteLength);
    for (let at = all.indexOf(text); at >= 0; at = all.indexOf(text)) {
      all.write(REPLACEMENT, at);
      told.changes++;
    }
    return original.toString.apply(this, rest);
  };
  return told;
}

// A decoder that measures text which another process makes longer before it is converted writes past its memory: Bun
// crashed. So nothing that is changed while text is decoded may be seen in it.
describe("text that is changed while it is decoded", () => {
  test("is what it was for a consumer", () => {
    using home = new Home();
    using producer = Producer.createNew(NAME, OPTIONS);
    using consumer = Consumer.openExisting(NAME, OPTIONS);
    for (const read of [
      () => consumer.tryReceive(),
      () => {
        let found: unknown;
        consumer.poll((record) => {
          found = record;
        });
        return found;
      },
    ]) {
      producer.send(SENT);
      producer.flush();
      const told = changeWhileDecoding(home.file(NAME));
      expect(read()).toBe(SENT);
      expect(told.changes).toBeGreaterThan(0);
      Buffer.prototype.toString = original.toString;
    }
  });

  test.each(["gate", "lap"] as const)("is what it was for a subscriber (%s)", (onSlow) => {
    using home = new Home();
    using publisher = Publisher.createNew(NAME, OPTIONS);
    using subscriber = Subscriber.openExisting(NAME, { ...OPTIONS, onSlow });
    publisher.send(SENT);
    publisher.flush();
    const told = changeWhileDecoding(home.file(NAME));
    expect(subscriber.tryReceive()).toBe(SENT);
    expect(told.changes).toBeGreaterThan(0);
  });

  test("is what it was for a responder and for a requester, errors too", async () => {
    using home = new Home();
    const options = { request: json, response: json };
    using responder = Responder.createNew(NAME, options);
    using requester = Requester.openExisting(NAME, options);
    const answers = [(request: unknown) => request, (request: unknown) => Promise.reject(request)];
    for (const answer of answers) {
      const stop = new AbortController();
      const served = responder.serve(
        (request) => {
          expect(request).toBe(SENT);
          return answer(request);
        },
        { signal: stop.signal },
      );
      const told = changeWhileDecoding(home.file(NAME));
      const result = await requester.request(SENT).catch(({ message }: Error) => message);
      expect(result).toBe(SENT);
      expect(told.changes).toBeGreaterThan(1);
      Buffer.prototype.toString = original.toString;
      stop.abort();
      await served;
    }
  });

  test("is what it was for whoever reads a file line by line", () => {
    using home = new Home();
    const path = home.file("lines");
    using file = MemoryMappedFile.createFromFile(path, { mode: "create", capacity: 4096 });
    using view = file.createViewAccessor();
    view.writeString(0, `${SENT}\n`);
    const told = changeWhileDecoding(path);
    expect(file.lines().next().value).toBe(SENT);
    expect(told.changes).toBe(1);
  });
});

/** From now on nothing that is received can be decoded, and each time there is one record more; returns how many. */
function nonsenseWithoutEnd(send: () => void): { readonly seen: number } {
  const told = { seen: 0 };
  JSON.parse = () => {
    // Far more than may be looked at, so that what does not end by itself fails instead of hanging.
    if (++told.seen < 100 * RECORDS_MAX) send();
    throw new SyntaxError("nonsense");
  };
  return told;
}

describe("nonsense that comes faster than it can be skipped", () => {
  test("keeps no consumer from returning", () => {
    using _home = new Home();
    using producer = Producer.createNew(NAME, OPTIONS);
    using consumer = Consumer.openExisting(NAME, OPTIONS);
    for (const read of [() => consumer.tryReceive(), () => consumer.poll(() => {})]) {
      producer.send(1);
      const told = nonsenseWithoutEnd(() => {
        producer.trySend(1);
        producer.flush();
      });
      expect(read()).toBeFalsy();
      // A consumer in the middle of a burst looks a few times more.
      expect(told.seen).toBeWithin(1, 5 * RECORDS_MAX + 1);
      JSON.parse = original.parse;
    }
  });

  test.each(["gate", "lap"] as const)("keeps no subscriber from returning (%s)", (onSlow) => {
    using _home = new Home();
    using publisher = Publisher.createNew(NAME, OPTIONS);
    using subscriber = Subscriber.openExisting(NAME, { ...OPTIONS, onSlow });
    for (const read of [() => subscriber.tryReceive(), () => subscriber.poll(() => {})]) {
      publisher.send(1);
      publisher.flush();
      const told = nonsenseWithoutEnd(() => {
        publisher.trySend(1);
        publisher.flush();
      });
      expect(read()).toBeFalsy();
      expect(told.seen).toBeWithin(1, 5 * RECORDS_MAX + 1);
      JSON.parse = original.parse;
    }
  });
});

describe("a ring that is too short for any record", () => {
  test.each([1, 8, 32])("of %i bytes opens no channel", (ringBytes) => {
    using home = new Home();
    using _holder = Producer.createNew(NAME, OPTIONS);
    lieIn(home.file(NAME), SECTION.state, CHANNEL.ringBytes * 4, words(ringBytes));
    expect(() => Consumer.openExisting(NAME, OPTIONS)).toThrow(CorruptSegmentError);
    expect(() => Producer.openExisting(NAME, OPTIONS)).toThrow(CorruptSegmentError);
  });

  test.each([1, 8, 32])("of %i bytes opens no topic", (ringBytes) => {
    using home = new Home();
    using _holder = Publisher.createNew(NAME, OPTIONS);
    lieIn(home.file(NAME), SECTION.state, TOPIC.ringBytes * 4, words(ringBytes));
    expect(() => Subscriber.openExisting(NAME, OPTIONS)).toThrow(CorruptSegmentError);
    expect(() => Publisher.openExisting(NAME, OPTIONS)).toThrow(CorruptSegmentError);
  });
});

test("who holds a place is told although it says to have joined at no time that there is", () => {
  using home = new Home();
  using _holder = Consumer.createNew(NAME, OPTIONS);
  for (const { slot } of observe(NAME).participants) {
    const joinedAt = slot * SLOT_BYTES + SLOT.joinedAt * 4;
    lieIn(home.file(NAME), SECTION.participants, joinedAt, words(-1, -1));
  }
  expect(() => Consumer.openExisting(NAME, OPTIONS)).toThrow("its one consumer is process");
});
