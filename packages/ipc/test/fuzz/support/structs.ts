/**
 * What users of a shared struct do.
 *
 * @module
 */
import { SharedStruct } from "../../../src/index.ts";
import { Small, type SmallFields, smallOf } from "../../shared-struct/support/records.ts";
import { demand, type Outcomes } from "./outcomes.ts";
import { role, type Species, WAIT } from "./role.ts";

/** A struct with a field of every shape. */
export const STRUCTS: readonly Species[] = [
  {
    name: "struct",
    roles: [
      role(
        "struct",
        (verb, name) =>
          verb === "openExisting"
            ? SharedStruct.openExisting(name, Small)
            : SharedStruct[verb](name, Small, { initial: smallOf(1) }),
        useStruct,
      ),
    ],
  },
];

async function useStruct(shared: SharedStruct<SmallFields>, outcomes: Outcomes): Promise<void> {
  outcomes.attempt("struct read", () => {
    const { label, words, inner } = shared.read();
    demand(Buffer.byteLength(label) <= 60, `a label of ${label.length} characters`);
    demand(words.length === 24 && inner.digits.length <= 8, "lengths");
  });
  outcomes.attempt("struct version", () => {
    demand(Number.isSafeInteger(shared.version) && shared.version >= 0, `${shared.version}`);
  });
  outcomes.attempt("struct update", () =>
    shared.update((one) => {
      one.first += 1;
    }, WAIT),
  );
  outcomes.attempt("struct compareAndSet", () =>
    shared.compareAndSet(shared.version, smallOf(2), WAIT),
  );
  const end = new AbortController();
  const next = outcomes.attemptAsync("struct changes", async () => {
    await shared.changes({ signal: end.signal }).next();
  });
  setTimeout(() => end.abort(Object.assign(new Error("enough"), { code: "ETIMEDOUT" })), 1);
  await next;
}
