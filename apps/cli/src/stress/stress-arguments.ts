/**
 * How the stress is told what to do.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { wholeNumber } from "../transfer/transfer-flags.ts";

const SEED_MAX = 2 ** 31 - 1;

const DEFAULTS = { records: 50_000_000, cycles: 1_000_000, channels: 300 } as const;
/** Every channel needs two descriptors in each of two processes. */
const CHANNELS_MAX = 2000;

/** What it was told. */
export interface StressArguments {
  readonly records: number;
  readonly cycles: number;
  readonly channels: number;
  readonly seed: number;
  /** Whether the last line of stdout is a JSON record. */
  readonly isJson: boolean;
  readonly isHelp: boolean;
}

/** What `--help` prints. */
export const HELP: string = `Usage: stress [--records N] [--cycles N] [--channels N] [--seed S] [--json]

Proves at length what the tests prove in seconds. Fails if a record was lost, torn, duplicated
or reordered, somebody stuck, or descriptors, mappings, files or memory were left.

  --records   records through channels whose producers and consumers are killed (${DEFAULTS.records}); 0: none
  --cycles    openings and closings of a channel, and of a mutex (${DEFAULTS.cycles}); 0: none
  --channels  channels that are open at once (${DEFAULTS.channels}); 0: none
  --seed      what all random choices follow from (a new one)
  --json      a record of all figures instead of a table
`;

/**
 * Reads the arguments.
 *
 * @param args What stands behind the program's name.
 * @throws {SyntaxError} When they cannot be understood.
 */
export function parseStressArguments(args: readonly string[]): StressArguments {
  const values = parseOrExplain(args);
  const count = (name: keyof typeof DEFAULTS, most: number): number =>
    numberOf(`--${name}`, values[name] ?? String(DEFAULTS[name]), most);
  return {
    records: count("records", Number.MAX_SAFE_INTEGER),
    cycles: count("cycles", Number.MAX_SAFE_INTEGER),
    channels: count("channels", CHANNELS_MAX),
    seed: numberOf("--seed", values.seed ?? String(Math.floor(Math.random() * SEED_MAX)), SEED_MAX),
    isJson: values.json === true,
    isHelp: values.help === true,
  };
}

type Values = Partial<Record<"records" | "cycles" | "channels" | "seed", string>> & {
  readonly json?: boolean;
  readonly help?: boolean;
};

function parseOrExplain(args: readonly string[]): Values {
  try {
    return parseArgs({
      args: [...args],
      options: {
        records: { type: "string" },
        cycles: { type: "string" },
        channels: { type: "string" },
        seed: { type: "string" },
        json: { type: "boolean" },
        help: { type: "boolean", short: "h" },
      },
    }).values;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new SyntaxError(message, { cause: error });
  }
}

function numberOf(name: string, text: string, most: number): number {
  try {
    return wholeNumber(0, most)(text);
  } catch (error) {
    throw new SyntaxError(`${name}: ${error instanceof Error ? error.message : error}`, {
      cause: error,
    });
  }
}
