/** Seeded bugs of the shard. */
import type { Seeded } from "../../../ipc/test/model/checker/seeded.ts";

const FOLDER = "../../store/src/cache";
const SHARD = `${FOLDER}/shard.ts`;
const CHAINS = `${FOLDER}/shard-chains.ts`;
const READING = `${FOLDER}/log-reading.ts`;

const HEAD = "    words.store(this.base + SHARD.head, (at + units) | 0);\n";
const BUCKET = "    words.store(bucket, at);\n";
const OLD_ONE =
  "    if (replaced !== NONE && !isNewest) words.store(this.wordOf(newer) + ENTRY.older, older);\n";
const PUBLISH = `${HEAD}${BUCKET}`;
const AGAIN = "      if (words.glance(bucket) === newest) return NONE;\n";

/** Those that any order of memory shows. */
export const LOGICAL: Seeded = {
  "not looking at the bucket again": [{ file: READING, from: AGAIN, to: "      return NONE;\n" }],
  "not looking at the tail again": [
    {
      file: READING,
      from: "return ((at - words.glance(this.base + SHARD.tail)) | 0) >= 0;",
      to: "return true;",
    },
  ],
  "taking the old one away before the new one can be found": [
    { file: CHAINS, from: PUBLISH, to: OLD_ONE + PUBLISH },
  ],
  "leaving a duplicate after a death": [
    { file: CHAINS, from: "if (this.#isFirstOfItsKey(at)) {", to: "if (at !== NONE) {" },
  ],
  "trusting the counters of the dead": [
    { file: CHAINS, from: "    words.set(base + SHARD.entries, entries);\n", to: "" },
  ],
};

/** Those that only a CPU of weak order shows. */
export const WEAK: Seeded = {
  "publishing with a plain store": [
    { file: CHAINS, from: BUCKET, to: "    words.set(bucket, at);\n" },
  ],
  "looking at the tail again without a fence": [
    {
      file: READING,
      from: "    words.acquire();\n    return ((at - words.glance",
      to: "    return ((at - words.glance",
    },
  ],
  "writing where the tail was without a fence": [
    { file: SHARD, from: "    if (this.isReclaimed) words.fence();\n", to: "" },
  ],
};
