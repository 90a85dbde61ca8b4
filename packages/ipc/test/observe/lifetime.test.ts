/** Observers follow a name through its lives, and change none of them. */

import { describe, expect, spyOn, test } from "bun:test";
import { existsSync, readFileSync, renameSync, truncateSync, writeFileSync } from "node:fs";
import { CorruptSegmentError, DisposedError, MemoryMappedFile, SystemError } from "@isthmus/core";
import { platform } from "@isthmus/core/internal";
import { Home } from "@isthmus/testing/home";
import { descriptorCount, mappingsOf } from "@isthmus/testing/process-state";
import { ifProc, isWindows, testIf, truncatingTest } from "@isthmus/testing/requirement";
import {
  bytes,
  DirectoryObserver,
  NamedMutex,
  Producer,
  RecordTail,
  SegmentObserver,
} from "../../src/index.ts";

describe("SegmentObserver", () => {
  test("needs the name to be there, and says so as others do", () => {
    using _home = new Home();
    expect(() => new SegmentObserver("missing")).toThrow(SystemError);
    expect(() => new RecordTail("missing")).toThrow("ENOENT");
    expect(() => new SegmentObserver("a/b")).toThrow(TypeError);
  });

  ifProc(
    "does not keep a name: the last holder takes the file with it, and the memory goes",
    () => {
      using home = new Home();
      using observer = new SegmentObserver(
        (() => {
          MemoryMappedFile.createNew("persistent", 1, { lifetime: "persistent" }).dispose();
          return "persistent";
        })(),
      );
      expect(observer.sample()).toMatchObject({ isHeld: false });
      MemoryMappedFile.unlink("persistent");
      expect(observer.sample()).toBeUndefined();
      const producer = Producer.createNew("held", { schema: bytes });
      using channel = new SegmentObserver("held");
      using tail = new RecordTail("held");
      producer.send(new Uint8Array(8));
      producer.dispose();
      expect(existsSync(home.file("held"))).toBe(false);
      expect(tail.isCurrent).toBe(false);
      // What was published before the name went can still be read.
      expect(tail.poll(() => {})).toBe(1);
      expect(mappingsOf(home.file("held"))).toBeGreaterThan(0);
      expect(channel.sample()).toBeUndefined();
      tail.dispose();
      expect(mappingsOf(home.file("held"))).toBe(0);
    },
  );

  test("finds what has the name next, told apart by its epoch", () => {
    using _home = new Home();
    const first = NamedMutex.createNew("again");
    using observer = new SegmentObserver("again");
    const before = observer.sample();
    first.dispose();
    expect(observer.sample()).toBeUndefined();
    using _second = Producer.createNew("again", { schema: bytes });
    const after = observer.sample();
    expect([before?.kind, after?.kind]).toEqual(["mutex", "channel"]);
    expect(after?.epoch).not.toBe(before?.epoch);
  });

  testIf(!isWindows, "a system that replaces mapped files")(
    "finds a file that was put in the place of another without a moment in between",
    () => {
      using home = new Home();
      using _first = NamedMutex.createNew("place");
      using _second = Producer.createNew("other", { schema: bytes });
      using observer = new SegmentObserver("place");
      expect(observer.sample()?.kind).toBe("mutex");
      renameSync(home.file("other"), home.file("place"));
      expect(observer.sample()?.kind).toBe("channel");
    },
  );

  truncatingTest("reports a file that was cut short or overwritten, and recovers with it", () => {
    using home = new Home();
    using _mutex = NamedMutex.createNew("cut");
    using observer = new SegmentObserver("cut");
    const good = readFileSync(home.file("cut"));
    truncateSync(home.file("cut"), 4096);
    expect(() => observer.sample()).toThrow(CorruptSegmentError);
    expect(() => observer.sample()).toThrow(CorruptSegmentError);
    writeFileSync(home.file("cut"), good);
    expect(observer.sample()?.kind).toBe("mutex");
  });

  test("disposed twice does nothing, used afterwards throws", () => {
    using _home = new Home();
    using _mutex = NamedMutex.createNew("gone");
    const observer = new SegmentObserver("gone");
    observer.dispose();
    observer.dispose();
    expect(() => observer.sample()).toThrow(DisposedError);
    using _channel = Producer.createNew("tailed", { schema: bytes });
    const tail = new RecordTail("tailed");
    tail.dispose();
    tail.dispose();
    expect(() => tail.poll(() => {})).toThrow(DisposedError);
    const directory = new DirectoryObserver();
    directory.dispose();
    directory.dispose();
    expect(() => directory.sample()).toThrow(DisposedError);
  });

  test("asks for no lock on a file, and maps for reading only", () => {
    using _home = new Home();
    using producer = Producer.createNew("locks", { schema: bytes });
    const locks = spyOn(platform(), "tryLockFile");
    const maps = spyOn(platform(), "map");
    try {
      using observer = new SegmentObserver("locks");
      using tail = new RecordTail("locks");
      observer.sample();
      tail.poll(() => {});
      expect(locks).not.toHaveBeenCalled();
      expect(maps.mock.calls.map(([request]) => request.protection)).toEqual(["read", "read"]);
    } finally {
      locks.mockRestore();
      maps.mockRestore();
    }
    expect(producer.metrics.records).toBe(0);
  });
});

describe("DirectoryObserver", () => {
  test("lists what comes, goes and is damaged, and leaves nothing open", () => {
    using home = new Home();
    const before = descriptorCount();
    {
      using observer = new DirectoryObserver();
      expect(observer.sample()).toEqual([]);
      using _mutex = NamedMutex.createNew("b-mutex");
      {
        using _channel = Producer.createNew("a-channel", { schema: bytes });
        writeFileSync(home.file("c-garbage"), "garbage");
        const seen = observer.sample().map(({ name, kind, error }) => [name, kind, error?.code]);
        expect(seen).toEqual([
          ["a-channel", "channel", undefined],
          ["b-mutex", "mutex", undefined],
          ["c-garbage", "unknown", "ERR_CORRUPT_SEGMENT"],
        ]);
      }
      const after = observer.sample().map(({ name }) => name);
      expect(after).toEqual(["b-mutex", "c-garbage"]);
      const open = descriptorCount();
      for (let round = 0; round < 20; round++) observer.sample();
      // Fewer when the collector has closed what earlier tests left behind.
      expect(descriptorCount()).toBeLessThanOrEqual(open);
    }
    // The doorbell of this process stays open once it has been needed.
    expect(descriptorCount()).toBeLessThanOrEqual(before + 4);
    expect(mappingsOf(home.path)).toBe(0);
  });
});
