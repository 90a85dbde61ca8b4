/**
 * What the hardware allows: a C program that does the same work.
 *
 * @module
 */
import { copyRate } from "../../channel-cases.ts";
import { LARGE_BYTES } from "../../channel-records.ts";
import { type CaseContext, type CaseFunction, type Figure, SkipError } from "../../runner/suite.ts";

const COPY_SHARE = 4;

/** All of it. */
export const cases: Readonly<Record<string, CaseFunction>> = {
  ping: (context) => runReference(context, ["ping", context.sizes.spinningRoundTrips]),
  ring: (context) => runReference(context, ["ring", context.sizes.records, 1]),
  ringBatched: (context) => runReference(context, ["ring", context.sizes.records, 64]),
  memcpy: (context) => runReference(context, ["copy", LARGE_BYTES, copiesOf(context)]),
  copies: (context) => ({ value: copyRate(copiesOf(context)) }),
};

function copiesOf({ sizes }: CaseContext): number {
  return Math.max(8, Math.round((sizes.transferBytes / LARGE_BYTES) * COPY_SHARE));
}

function runReference({ reference }: CaseContext, args: readonly (string | number)[]): Figure {
  if (reference === undefined) throw new Error("the reference program was not prepared");
  if ("reason" in reference) throw new SkipError(reference.reason);
  const { stdout, exitCode } = Bun.spawnSync([reference.path, ...args.map(String)], {
    stderr: "inherit",
  });
  if (exitCode !== 0) throw new Error(`the reference program ended with ${exitCode}`);
  return { value: Number(stdout.toString()) };
}
