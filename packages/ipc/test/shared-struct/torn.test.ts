/** Several writers and readers at full speed: every record that is read is whole. */
import { describe, expect, test } from "bun:test";
import { Home } from "@isthmus/testing/home";
import type { Peer } from "@isthmus/testing/peer";
import type { Sightings } from "./fixtures/storm.ts";
import { peers } from "./support/peers.ts";

const WRITERS = 2;
const READERS = 3;

/** Publications of each writer. A large record takes longer to copy than many small ones. */
const UPDATES = { small: 40_000, large: 6000 } as const;

describe(`${WRITERS} writing and ${READERS} reading processes`, () => {
  for (const size of ["small", "large"] as const) {
    const total = WRITERS * UPDATES[size];
    test(`never read a torn ${size} record in ${total} versions`, async () => {
      using _home = new Home();
      await using stack = new AsyncDisposableStack();
      const all = peers(stack, "storm", WRITERS + READERS);
      for (const peer of all) await peer.call("open", "storm", size);
      const readers = all.slice(WRITERS);
      const results = readers.map((reader) => reader.call<Sightings>("readUntil", total));
      await Promise.all(all.slice(0, WRITERS).map((peer) => peer.call("write", UPDATES[size])));
      for (const seen of await Promise.all(results)) {
        expect(seen).toMatchObject({ torn: 0, backward: 0, strange: 0 });
        expect(seen.versions).toBeGreaterThan(1);
      }
      const last = { version: total, number: total, isWhole: true };
      expect(await (all[0] as Peer).call("look")).toEqual(last);
    });
  }
});
