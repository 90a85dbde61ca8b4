/**
 * Running the checks.
 *
 * @module
 */
import type { Environment } from "../context.ts";
import { errorLine } from "../error-line.ts";
import { type Check, type Finding, fail, type Status } from "./check.ts";
import { directoryChecks } from "./directory-checks.ts";
import { kernelChecks } from "./kernel-checks.ts";
import { limitChecks } from "./limit-checks.ts";
import { logoutChecks } from "./logout-check.ts";
import { runtimeChecks } from "./runtime-checks.ts";
import { segmentChecks } from "./segment-checks.ts";

/** What came of one check. */
export interface Diagnosis {
  readonly check: string;
  readonly status: Status;
  readonly detail: string;
  readonly next: string | undefined;
  /** What was done about it. */
  readonly fixed: string | undefined;
}

/** All checks, in order: later ones rest on what earlier ones ask. */
export const CHECKS: readonly Check[] = [
  ...runtimeChecks,
  ...directoryChecks,
  ...logoutChecks,
  ...kernelChecks,
  ...limitChecks,
  ...segmentChecks,
];

/**
 * Examines this machine.
 *
 * @param options Whether to do what can safely be done; the environment, which decides how much an error tells.
 * @returns One diagnosis per check, each when it is known. After a fix the check has run again.
 */
export function* runDoctor(options: {
  readonly isFixing: boolean;
  readonly env: Environment;
}): Generator<Diagnosis, void> {
  for (const check of CHECKS) {
    let finding = examine(check, options.env);
    let fixed: string | undefined;
    if (options.isFixing && finding.fix !== undefined) {
      try {
        fixed = finding.fix();
        finding = examine(check, options.env);
      } catch (error) {
        finding = { ...finding, detail: `${finding.detail}; ${errorLine(error, options.env)}` };
      }
    }
    const { status, detail, next } = finding;
    yield { check: check.name, status, detail, next, fixed };
  }
}

function examine({ run }: Check, env: Environment): Finding {
  try {
    return run();
  } catch (error) {
    return fail(
      errorLine(error, env),
      "see the message; ISTHMUS_DEBUG=1 prints where it came from",
    );
  }
}
