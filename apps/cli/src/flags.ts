/**
 * What flags are made of, a line each, and those that many commands have.
 *
 * @module
 */
import type { FlagParametersForType } from "@stricli/core";
import type { IsthmusContext } from "./context.ts";
import { parseCount } from "./parsers.ts";
import { UsageError } from "./usage-error.ts";

/** stricli's definition of flags by their values. */
export type Flags<F> = FlagParametersForType<F, IsthmusContext>;

/** A flag that is there or not. */
export interface Toggle {
  readonly kind: "boolean";
  readonly brief: string;
  readonly default: false;
  readonly withNegated: false;
}

/** A flag with a value, which must be given. */
export interface Value<T> {
  readonly kind: "parsed";
  readonly placeholder: string;
  readonly parse: (text: string) => T;
  readonly brief: string;
}

/** One that may be left out. */
export interface OptionalValue<T> extends Value<T> {
  readonly optional: true;
}

/** One that may be given several times. */
export interface SeveralValues<T> extends OptionalValue<T> {
  readonly variadic: true;
}

/** One for which something else is assumed. */
export interface AssumedValue<T> extends Value<T> {
  readonly default: string;
}

/** Defines a flag that is there or not. */
export function toggle(brief: string): Toggle {
  return { kind: "boolean", brief, default: false, withNegated: false };
}

/**
 * Defines a flag that must be given.
 *
 * @param placeholder What stands for its value in the help.
 * @param parse Makes its value of its text.
 * @param brief What it is about.
 */
export function required<T>(
  placeholder: string,
  parse: (text: string) => T,
  brief: string,
): Value<T> {
  return { kind: "parsed", placeholder, parse, brief };
}

/** Defines a flag that may be left out; see {@link required}. */
export function optional<T>(...definition: Parameters<typeof required<T>>): OptionalValue<T> {
  return { ...required(...definition), optional: true };
}

/** Defines a flag that may be left out, or given several times; see {@link required}. */
export function several<T>(...definition: Parameters<typeof required<T>>): SeveralValues<T> {
  return { ...optional(...definition), variadic: true };
}

/**
 * Defines a flag that has a value also when it is left out; see {@link required}.
 *
 * @param fallback That value, as it would be typed.
 */
export function assumed<T>(
  fallback: string | number,
  ...definition: Parameters<typeof required<T>>
): AssumedValue<T> {
  return { ...required(...definition), default: String(fallback) };
}

/** The values of {@link COMMON_FLAGS}. */
export interface CommonFlags {
  /** Print data for programs: one JSON object per line. */
  readonly json: boolean;
  /**
   * Never colour. Read from the raw arguments by `run.ts`, because it also concerns usage errors.
   */
  readonly noColor?: boolean;
}

/** The flags that every command has. */
export const COMMON_FLAGS: Flags<CommonFlags> = {
  json: toggle("Print one JSON object per line instead of text"),
  noColor: {
    kind: "boolean",
    brief: "Never print colours (also: NO_COLOR=1)",
    optional: true,
    withNegated: false,
  },
};

/** For commands that show their progress. */
export const QUIET_FLAG: Toggle = toggle("Show no progress on stderr");
/** For commands that go on by themselves. */
export const QUIET_BUT_ERRORS_FLAG: Toggle = toggle("Say on stderr only what went wrong");
/** For commands that go through records. */
export const COUNT_FLAG: OptionalValue<number> = optional(
  "N",
  parseCount,
  "End after so many records",
);
/** For commands that look at what passes. */
export const FROM_START_FLAG: Toggle = toggle("Begin with what is still held");

/** To which action each flag of a command belongs; undefined for the one that has no word. */
export type OwnFlags<F, A extends string> = Readonly<
  Record<Exclude<keyof F, keyof CommonFlags>, A | undefined>
>;

/**
 * Refuses flags that have no meaning with an action.
 *
 * @param flags What was given.
 * @param owners To which action each belongs; undefined for the one without a word.
 * @param action The action.
 * @throws {UsageError} When one belongs to another action.
 */
export function checkOwned<F extends CommonFlags, A extends string>(
  flags: F,
  owners: OwnFlags<F, A>,
  action: A | undefined,
): void {
  for (const [flag, owner] of Object.entries<A | undefined>(owners)) {
    if (flags[flag as keyof F] === undefined || owner === action) continue;
    const option = flag.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    const place = owner === undefined ? "without an action" : `with ${owner}`;
    throw new UsageError(`--${option} has a meaning only ${place}`);
  }
}
