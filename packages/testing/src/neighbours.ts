/**
 * What else than this Bun can share a directory with it: other runtimes, and a Bun on another C library. Each is named by a
 * variable of the environment, which `bun run test:runtimes` and `bun run test:musl` set.
 *
 * @module
 */

/** What runs a script on the other side. */
export interface Neighbour {
  readonly name: string;
  /** What comes before the script; undefined when it is not there. */
  readonly command: readonly string[] | undefined;
  /** What it needs, for the names of skipped tests. */
  readonly requirement: string;
}

/** The one that runs the tests. */
export const THIS_BUN: Neighbour = { name: "bun", command: [process.execPath], requirement: "" };

/** Node.js and Deno, which run the sources as they are. */
export const RUNTIMES: readonly Neighbour[] = [
  neighbour("node", "ISTHMUS_TEST_NODE", "test:runtimes", ["--no-warnings"]),
  neighbour("deno", "ISTHMUS_TEST_DENO", "test:runtimes", [
    "run",
    "--allow-all",
    "--no-check",
    "--no-lock",
  ]),
];

/** Bun on musl, where this one is on glibc. */
export const OTHER_LIBRARY: Neighbour = neighbour("bun", "ISTHMUS_TEST_OTHER_BUN", "test:musl", []);

function neighbour(
  name: string,
  variable: string,
  script: string,
  flags: readonly string[],
): Neighbour {
  const program = process.env[variable];
  return {
    name,
    command: program === undefined ? undefined : [program, ...flags],
    requirement: `${variable}, which \`bun run ${script}\` sets`,
  };
}
