/**
 * A cache that several processes read while one writes: all of them together.
 *
 * @module
 */
import { bytes } from "@isthmus/ipc";
import { programCommand } from "@isthmus/programs";
import { SharedCache } from "@isthmus/store";
import type { CaseContext, CaseFunction, Figure } from "../../runner/suite.ts";
import type { PartyReport } from "./cache-party.ts";
import { KEY_COUNT, keyOf, valueWith } from "./keys.ts";

const PARTY: readonly string[] = programCommand(import.meta.dirname, "cache-party.ts");
const CAPACITY_BYTES = 16 << 20;
const READERS = 4;

/** One reader alone; four beside a writer. */
export const cases: Readonly<Record<string, CaseFunction>> = {
  one: (context) => measure(context, ["read"]),
  crowd: (context) => measure(context, [...Array<string>(READERS).fill("read"), "write"]),
};

/** Gets in a second, of all who read. */
async function measure({ sizes }: CaseContext, roles: readonly string[]): Promise<Figure> {
  const name = `bench-crowd-${process.pid}`;
  using cache = SharedCache.createNew(name, { capacityBytes: CAPACITY_BYTES, value: bytes });
  for (let i = 0; i < KEY_COUNT; i++) cache.set(keyOf(i), valueWith(i));
  const parties = roles.map((role) => start(role, name));
  await Promise.all(parties.map(({ ready }) => ready));
  for (const { child } of parties) child.send(sizes.latencyMs);
  const reports = await Promise.all(parties.map(({ report }) => report));
  await Promise.all(parties.map(({ child }) => child.exited));
  if (roles.includes("write") && !reports.some(({ sets }) => sets > 0)) {
    throw new Error("nobody has written");
  }
  return { value: reports.reduce((sum, { getsPerSecond }) => sum + getsPerSecond, 0) };
}

function start(role: string, name: string) {
  const ready = Promise.withResolvers<unknown>();
  const report = Promise.withResolvers<PartyReport>();
  const child = Bun.spawn([...PARTY, role, name], {
    stdio: ["ignore", "inherit", "inherit"],
    ipc: (message) =>
      message === "ready" ? ready.resolve(message) : report.resolve(message as PartyReport),
    onExit: (_child, exitCode) => {
      if (exitCode !== 0) process.exit(1);
    },
  });
  return { child, ready: ready.promise, report: report.promise };
}
