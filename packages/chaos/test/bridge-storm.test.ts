/** A short storm over a bridge, and harm that it must find. */
import { expect } from "bun:test";
import { Home } from "@isthmus/testing/home";
import { serverTest } from "@isthmus/testing/server-test";
import { TemporaryDirectory } from "@isthmus/testing/temporary-directory";
import { type BridgeStormOptions, bridgeStorm } from "../src/stress/bridge-storm.ts";

async function storm(
  records: number,
  harm?: BridgeStormOptions["harm"],
): ReturnType<typeof bridgeStorm> {
  using _ = new Home();
  using directory = new TemporaryDirectory();
  const { signal } = new AbortController();
  const onProgress = (): void => {};
  return await bridgeStorm({
    seed: 1,
    records,
    directory: directory.path,
    harm,
    signal,
    onProgress,
  });
}

serverTest("nothing is lost over a bridge that is struck, and nothing comes twice", async () => {
  const { figures, findings } = await storm(4000);
  expect(findings).toEqual([]);
  expect(figures.records).toBe(4000);
});

serverTest("finds that the server has lost what nobody keeps", async () => {
  const { findings } = await storm(4000, "empty");
  expect(findings.map(({ fault }) => fault)).toContain("lost");
});

serverTest("finds that a receiver has forgotten what it had", async () => {
  const { findings } = await storm(4000, "forget");
  expect(findings.map(({ fault }) => fault)).toContain("duplicated");
});
