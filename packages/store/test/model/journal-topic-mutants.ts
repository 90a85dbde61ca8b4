/** Seeded bugs of topics that have a journal. */
import type { Seeded } from "../../../ipc/test/model/checker/seeded.ts";

const JOINED = "../../store/src/journal-topic/joined-records.ts";
const WRITER = "../../store/src/journal/journal-writer.ts";

const APPEND = "      try {\n        last = appender.append(run, isContinued);\n";
const PUBLISH = "      onAppended?.(run);\n";

/** Those that any order of memory shows. */
export const SEEDED: Seeded = {
  "publishing before appending": [
    { file: WRITER, from: APPEND, to: PUBLISH + APPEND },
    { file: WRITER, from: `      }\n${PUBLISH}`, to: "      }\n" },
  ],
  "waking nobody": [
    { file: WRITER, from: "      if (appender.last !== before) head.ring();\n", to: "" },
  ],
  "not going back for what is missing": [
    {
      file: JOINED,
      from: "      if (live.sequence === this.#next) {\n        this.#next++;",
      to: "      if (live.sequence >= this.#next) {\n        this.#next = live.sequence + 1;",
    },
  ],
  "handing out again what has been handed out": [
    { file: JOINED, from: "live.sequence < this.#next) live.drop();", to: "false) live.drop();" },
    {
      file: JOINED,
      from: "      if (live.sequence === this.#next) {\n        this.#next++;",
      to: "      if (live.sequence !== 0 && live.sequence <= this.#next) {\n        this.#next = live.sequence + 1;",
    },
  ],
  "going on where the journal was left": [
    { file: JOINED, from: "      history.seek(this.#next);\n      this", to: "      this" },
  ],
  "joining before the journal has ended": [
    {
      file: JOINED,
      from: "          this.#next = history.sequence + 1;\n          return",
      to: "          this.#next = history.sequence + 1;\n          this.#isBehind = false;\n          if (live.fetch()) this.#next = live.sequence;\n          return",
    },
  ],
  "never looking into the journal again": [
    { file: JOINED, from: "!this.#isMoreLikely()) return", to: "true) return" },
  ],
  "trusting those who ring": [
    { file: JOINED, from: "return isNews || this.#history.isLookDue();", to: "return isNews;" },
  ],
  "telling as missing what has been published": [
    { file: JOINED, from: "isCut ? live.sequence - 1 : to", to: "to" },
  ],
};
