/**
 * What help and the man page tell of all commands together.
 *
 * @module
 */
import { EXIT_CODE_HELP } from "../exit-code.ts";
import type { Example } from "./manual.ts";

/** What a newcomer tries. */
export const ROOT_EXAMPLES: readonly Example[] = [
  ["isthmus", "the complete demonstration, every step checked"],
  ["isthmus producer & isthmus consumer", "a million records from process to process, checked"],
  ["isthmus scan app.log", "bytes, lines, words and the bytes themselves"],
  ["isthmus scan --find ERROR --json *.log", "one JSON object per file"],
  ["isthmus ls", "what lives in shared memory, who holds it and who has died"],
  ["isthmus top", "how many records flow now, where they pile up and who has died"],
  ["isthmus record orders --journal o", "what passes, on disk; isthmus replay o shows it again"],
  ["isthmus worker --queue q -- ./do.sh", "a shell script does the jobs of a queue"],
  ["isthmus dashboard", "the same in the browser, with charts and a demonstration to play with"],
  ["isthmus doctor", "whether this machine is fit for it, and what to do if not"],
];

/** What is read from the environment. */
export const ENVIRONMENT: readonly (readonly [name: string, meaning: string])[] = [
  ["ISTHMUS_DIR", "where names live, instead of the user's own directory in shared memory"],
  ["ISTHMUS_DEBUG", "anything: errors are printed with their stack and causes"],
  ["NO_COLOR", "anything: no colours; FORCE_COLOR=1: colours also in a pipe"],
  ["COLUMNS", "at how many columns to wrap lines where no terminal tells"],
];

/** The exit codes, as text. */
export const EXIT_CODES: readonly (readonly [code: string, meaning: string])[] = EXIT_CODE_HELP.map(
  ([code, meaning]) => [String(code), meaning],
);

/** The flag that ends flags; stricli knows it without being told. */
export const ESCAPE_BRIEF = "Everything after it is an argument, even if it begins with -";
