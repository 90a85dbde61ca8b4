/** Memory full of random bytes: an operation gives a value or an error of the contract, and comes to its end. */
import { describe, expect, test } from "bun:test";
import { Home } from "@isthmus/testing/home";
import { wine } from "@isthmus/testing/requirement";
import { peerOf } from "./support/peers.ts";

const SEED = Number(process.env["ISTHMUS_SEED"] ?? Date.now() % 1e9);
/** Wine makes of one system call many. */
const ROUNDS = wine === undefined ? 300 : 30;

/** How an operation may end; a crash or a hang of the process fails the test, and so does any other error. */
const OUTCOMES =
  /^(\w+ (value|ERR_CORRUPT_SEGMENT|ETIMEDOUT|EINVAL|EDEADLK|ENOTRECOVERABLE|EAGAIN)|open ERR_NOT_SUPPORTED)$/;

describe(`random bytes (ISTHMUS_SEED=${SEED})`, () => {
  for (const section of ["participants", "cells", "state", "mutex"] as const) {
    test(`in the ${section} section of a live segment`, async () => {
      using home = new Home();
      await using user = peerOf("hostile");
      const tally = await user.call<object>("run", home.path, section, ROUNDS, SEED);
      for (const outcome of Object.keys(tally)) expect(outcome).toMatch(OUTCOMES);
      expect(tally).toHaveProperty(["read value"]);
      expect(await user.finish()).toBe(0);
      expect(home.names()).toEqual([]);
    });
  }

  test("written by another process all the time", async () => {
    using home = new Home();
    await using vandal = peerOf("hostile");
    await vandal.call("open");
    vandal.send("damage", home.path, ["participants", "cells", "state"], SEED);
    await using user = peerOf("hostile");
    const tally = await user.call<object>("use", ROUNDS);
    for (const outcome of Object.keys(tally)) expect(outcome).toMatch(OUTCOMES);
  });
});
