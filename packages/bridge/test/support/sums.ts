/** A service of JSON: sums, errors, answers of any length, or none. */
import { type AnyJson, Responder } from "@isthmus/ipc";
import { SERVICES } from "./schemas.ts";

/** Answers until it is disposed. */
export function answer(name: string): Responder<AnyJson, AnyJson> {
  const responder = Responder.createOrOpen(name, SERVICES.json);
  void responder.serve(async ({ a, b, fail, hang, size }) => {
    if (fail) throw Object.assign(new RangeError("There is no such order"), { code: "ERR_NONE" });
    if (hang) await new Promise(() => {});
    return size === undefined ? { sum: a + b } : "x".repeat(size);
  });
  return responder;
}
