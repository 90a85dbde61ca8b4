/**
 * Writes records until it is killed, and says now and then how many have been written: `bun writer.ts PATH FIRST`.
 *
 * @module
 */
import { writeSync } from "node:fs";
import { RecordStore } from "./record-store.ts";

/** What record number n is. */
export function recordOf(n: number): { readonly key: string; readonly value: string } {
  return {
    key: `user:${n}`,
    value: JSON.stringify({ n, name: `user number ${n}`, visits: n * 7 }),
  };
}

if (import.meta.main) {
  const [path = "", first = "0"] = process.argv.slice(2);
  const store = new RecordStore(path);
  for (let n = Number(first); ; n++) {
    const { key, value } = recordOf(n);
    store.put(key, value);
    if (n % 100 === 0) writeSync(1, `${n}\n`);
  }
}
