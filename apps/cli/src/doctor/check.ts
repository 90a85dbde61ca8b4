/**
 * What an examination is made of.
 *
 * @module
 */

/** What is asked, and what is to be done, is called otherwise there. */
export const isWindows: boolean = process.platform === "win32";

/** `warn`: it works, but not as well as it could, or not for long. */
export type Status = "ok" | "warn" | "fail";

/** What a check found. */
export interface Finding {
  readonly status: Status;
  /** What is the case, in one line. */
  readonly detail: string;
  /** What to do about it. */
  readonly next?: string | undefined;
  /** Does what can safely be done about it, and says what that was. */
  readonly fix?: (() => string) | undefined;
}

/** One question. */
export interface Check {
  /** What is shown; also the `check` field of `--json`, so it stays as it is. */
  readonly name: string;
  /** Looks. What it throws is a failure with the error as its detail. */
  readonly run: () => Finding;
}

/** Everything is as it should be. */
export function ok(detail: string): Finding {
  return { status: "ok", detail };
}

/** Something could be better. */
export function warn(detail: string, next: string, fix?: () => string): Finding {
  return { status: "warn", detail, next, fix };
}

/** Something does not work. */
export function fail(detail: string, next: string, fix?: () => string): Finding {
  return { status: "fail", detail, next, fix };
}
