/**
 * One who reads or writes a cache for as long as it is told to: `cache-party.ts read|write NAME`.
 *
 * @module
 */
import { bytes } from "@isthmus/ipc";
import { SharedCache } from "@isthmus/store";
import { KEY_COUNT, keyOf, VALUE_BYTES, valueWith } from "./keys.ts";

/** What it has done. */
export interface PartyReport {
  readonly getsPerSecond: number;
  readonly sets: number;
}

const WARM_UP = 10;

const [role = "", name = ""] = process.argv.slice(2);
const cache = SharedCache.openExisting(name, { value: bytes });
const keys = Array.from({ length: KEY_COUNT }, (_, i) => keyOf(i));
const values = keys.map((_, i) => valueWith(i));
const target = new Uint8Array(VALUE_BYTES);

function read(): void {
  for (let i = 0; i < KEY_COUNT; i++) {
    if (cache.getInto(keys[i] as string, target) !== VALUE_BYTES) throw new Error("a key has gone");
    if (target[0] !== (i & 0xff)) throw new Error(`${keys[i]} has the value of another one`);
  }
}

function write(): void {
  for (let i = 0; i < KEY_COUNT; i++) cache.set(keys[i] as string, values[i] as Uint8Array);
}

const pass = role === "write" ? write : read;
for (let i = 0; i < WARM_UP; i++) pass();
process.on("message", (milliseconds: number) => {
  const startedAt = Bun.nanoseconds();
  let passes = 0;
  do {
    pass();
    passes++;
  } while (Bun.nanoseconds() - startedAt < milliseconds * 1e6);
  const perSecond = (passes * KEY_COUNT) / ((Bun.nanoseconds() - startedAt) / 1e9);
  const report: PartyReport =
    role === "write" ? { getsPerSecond: 0, sets: passes } : { getsPerSecond: perSecond, sets: 0 };
  process.send?.(report, () => process.exit(0));
});
process.send?.("ready");
