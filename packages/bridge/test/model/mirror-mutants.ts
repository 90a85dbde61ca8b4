/** Seeded bugs of mirrors, each with a run that shows it. */
import type { Mistake } from "../../../ipc/test/model/checker/source.ts";

const MIRROR = "../../bridge/src/kv/mirror.ts";
const SETTLER = "../../bridge/src/kv/settler.ts";

/** A bug, and what goes wrong by it. */
export interface SeededBug extends Mistake {
  readonly plan: string;
  readonly seed: number;
}

/** Bugs by what is wrong. */
export const SEEDED: Readonly<Record<string, SeededBug>> = {
  "not knowing what was written from here": {
    file: SETTLER,
    from: "isOut && origin === side.origin",
    to: "false",
    plan: "links are cut",
    seed: 1,
  },
  "taking what was put here for a change": {
    file: SETTLER,
    from: "return local.stamp !== known.stamp && !isOthers;",
    to: "return true;",
    plan: "nothing goes wrong",
    seed: 1,
  },
  "forgetting what was told while a write was under way": {
    file: MIRROR,
    from: "    else errand.later = entry;\n",
    to: "",
    plan: "the bucket is removed",
    seed: 67,
  },
  "not sending what the bucket does not have": {
    file: MIRROR,
    from: "for (const key of this.#known.missing(isSettled, beginRevision)) this.#settler.owe(key);",
    to: "this.#known.missing(isSettled, beginRevision);",
    plan: "the bucket is removed",
    seed: 4,
  },
  "not trying again": {
    file: MIRROR,
    from: "    this.#failed.set(key, told);\n",
    to: "",
    plan: "the bucket is removed",
    seed: 99,
  },
  "trusting the numbers of another bucket": {
    file: MIRROR,
    from: "    if (isOther) this.#known.forgetNumbers();\n",
    to: "",
    plan: "the bucket is removed",
    seed: 23,
  },
};
