/** Seeded bugs of shared counters. */
import type { Seeded } from "../../../ipc/test/model/checker/seeded.ts";

const FOLDER = "../../store/src/counters";
const REGISTRY = `${FOLDER}/registry.ts`;
const DIRECTORY = `${FOLDER}/directory.ts`;
const COLUMNS = `${FOLDER}/columns.ts`;

const PUBLISH = "    words.store(state + COUNTERS.usedBytes, this.#readBytes + recordBytes);\n";
const WRITE =
  "    for (let i = 0; i < record.length; i++) words.set(at + i, record[i] as number);\n";
const FORGET = "    this.#forgetGauges(families);\n";
const LIVE = "    words.store(this.#lives + slot, life);\n";

/** Those of adding to the directory. */
export const ADDING: Seeded = {
  "saying that a record is there before it is": [
    { file: DIRECTORY, from: WRITE + PUBLISH, to: PUBLISH + WRITE },
  ],
  "not reading what others have added before adding": [
    { file: REGISTRY, from: "    try {\n      directory.refresh();\n", to: "    try {\n" },
  ],
  "not looking again whether the series is there": [
    { file: REGISTRY, from: "if (!isThere() && directory", to: "if (directory" },
  ],
  "adding without the lock": [
    { file: REGISTRY, from: "    this.#locks.lock(0);\n", to: "" },
    { file: REGISTRY, from: "      this.#locks.unlock(0);\n", to: "" },
  ],
};

/** Those of taking a dead one's place. */
export const PLACES: Seeded = {
  "telling the gauges of the dead as one's own": [{ file: COLUMNS, from: FORGET, to: "" }],
  "taking the column over before its gauges are forgotten": [
    { file: COLUMNS, from: FORGET + LIVE, to: LIVE + FORGET },
  ],
  "forgetting all numbers, not only gauges": [
    { file: COLUMNS, from: '      if (definition.type !== "gauge") continue;\n', to: "" },
  ],
  "leaving out the columns of the dead": [
    {
      file: COLUMNS,
      from: "if (memory.words.load(this.#lives + slot) !== 0) slots.push(slot);",
      to: "if (this.#segment.participants.isAlive(slot)) slots.push(slot);",
    },
  ],
  "telling the gauges of whoever was here": [
    { file: COLUMNS, from: "return life === participants.generationOf(slot) && ", to: "return " },
  ],
};

/** Those that only a CPU of weak order shows. */
export const WEAK: Seeded = {
  "saying that a record is there with a plain store": [
    { file: DIRECTORY, from: PUBLISH, to: PUBLISH.replace("store", "set") },
  ],
  "looking how much is there with a plain read": [
    {
      file: DIRECTORY,
      from: "const used = words.load(state",
      to: "const used = words.get(state",
    },
  ],
};
