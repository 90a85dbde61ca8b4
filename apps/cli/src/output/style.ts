/**
 * The one place that decides about colour.
 *
 * @module
 */
import { styleText } from "node:util";
import type { Environment } from "../context.ts";

/** What the decision depends on. */
export interface StyleOptions {
  /** Whether the stream is a terminal. */
  readonly isTTY: boolean;
  /** The environment variables. */
  readonly env: Environment;
  /** Whether `--no-color` was given. */
  readonly isColorRefused: boolean;
  /** The width of the terminal, where it is known. */
  readonly columns?: number | undefined;
}

/** Marks up text for one stream; every function returns its text unchanged where colour is off. */
export interface Style {
  readonly isColored: boolean;
  /** Where lines are wrapped, in terminal cells; `Infinity` where nobody says: a program may read it. */
  readonly columns: number;
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly red: (text: string) => string;
  readonly green: (text: string) => string;
  readonly yellow: (text: string) => string;
  readonly cyan: (text: string) => string;
}

/**
 * Decides whether a stream is coloured, strongest reason first: `--no-color`, `FORCE_COLOR`
 * (`0` and `false` force it off), `NO_COLOR`, `TERM=dumb`, and whether it is a terminal.
 * An empty variable counts as unset, as no-color.org asks.
 *
 * @param options The stream and its surroundings.
 * @returns The functions that mark up text.
 */
export function createStyle(options: StyleOptions): Style {
  const isColored = decide(options);
  const paint =
    (format: Parameters<typeof styleText>[0]) =>
    (text: string): string =>
      // The stream has been examined above; `styleText` must not examine the real stdout again.
      isColored ? styleText(format, text, { validateStream: false }) : text;
  return {
    isColored,
    columns: columnsOf(options),
    bold: paint("bold"),
    dim: paint("dim"),
    red: paint("red"),
    green: paint("green"),
    yellow: paint("yellow"),
    cyan: paint("cyan"),
  };
}

/** The terminal's own width, else `COLUMNS`. */
function columnsOf({ isTTY, env, columns }: StyleOptions): number {
  if (isTTY && columns) return columns;
  return /^[1-9]\d*$/.test(env["COLUMNS"] ?? "")
    ? Number(env["COLUMNS"])
    : Number.POSITIVE_INFINITY;
}

function decide({ isTTY, env, isColorRefused }: StyleOptions): boolean {
  if (isColorRefused) return false;
  const forced = env["FORCE_COLOR"];
  if (forced !== undefined && forced !== "") return forced !== "0" && forced !== "false";
  if (env["NO_COLOR"] !== undefined && env["NO_COLOR"] !== "") return false;
  return isTTY && env["TERM"] !== "dumb";
}
