/**
 * The flags of `bridge`.
 *
 * @module
 */
import { resolve } from "node:path";
import { DEFAULT_SERVER } from "@isthmus/bridge/internal";
import {
  assumed,
  type CommonFlags,
  type Flags,
  optional,
  QUIET_BUT_ERRORS_FLAG,
  several,
} from "../flags.ts";
import { parseName } from "../parsers.ts";
import { UsageError } from "../usage-error.ts";

/** What is on the command line. */
export interface BridgeFlags extends CommonFlags {
  readonly server: string;
  readonly out?: readonly string[];
  readonly in?: readonly string[];
  readonly both?: readonly string[];
  readonly journal?: readonly NamedDirectory[];
  readonly whenAway: "hold" | "drop" | "spill";
  readonly spill?: string;
  readonly onSlow: "gate" | "lap";
  readonly from: "start" | "now";
  readonly credentials?: string;
  readonly ca?: string;
  readonly certificate?: string;
  readonly key?: string;
  readonly quiet: boolean;
}

/** Where the journal of a name is. */
export interface NamedDirectory {
  readonly name: string;
  readonly directory: string;
}

/** One name, and which way it goes. */
export interface Way {
  readonly name: string;
  readonly role: "out" | "in" | "both";
  /** The directory of the journal that it is, if it is one. */
  readonly journal: string | undefined;
  /** The directory of the journal in which its records wait while the server is away. */
  readonly spill: string | undefined;
}

/** The flags that may be followed by several names. */
const NAME_FLAGS: ReadonlySet<string> = new Set(["--out", "--in", "--both"]);

/**
 * Lets a flag of names have several: `--out a b` as `--out a --out b`.
 *
 * @param inputs The command line, without the word `isthmus`.
 */
export function spreadNames(inputs: readonly string[]): string[] {
  const end = inputs.indexOf("--");
  let flag: string | undefined;
  let count = 0;
  return inputs.flatMap((input, index) => {
    if (end !== -1 && index >= end) return [input];
    if (input.startsWith("-")) {
      flag = NAME_FLAGS.has(input) ? input : undefined;
      count = 0;
      return [input];
    }
    if (flag === undefined || count++ === 0) return [input];
    return [flag, input];
  });
}

/** Parses the name of a journal and its directory. */
function parseNamedDirectory(text: string): NamedDirectory {
  const at = text.indexOf("=");
  if (at < 1 || at === text.length - 1) throw new SyntaxError("it must be NAME=DIR");
  return { name: parseName(text.slice(0, at)), directory: text.slice(at + 1) };
}

/**
 * What is to be carried.
 *
 * @param flags The command line.
 * @param cwd Where relative paths begin.
 * @throws {UsageError} When it is nothing, or one thing twice, or a journal of what is not carried.
 */
export function waysOf(flags: BridgeFlags, cwd: string): Way[] {
  const { spill, whenAway, journal = [] } = flags;
  if (whenAway === "spill" && spill === undefined) {
    throw new UsageError("--when-away spill needs --spill DIR: where records are to wait");
  }
  const ways = (["out", "in", "both"] as const).flatMap((role) =>
    (flags[role] ?? []).map((name): Way => {
      const directory = journal.find((each) => each.name === name)?.directory;
      return {
        name,
        role,
        journal: directory === undefined ? undefined : resolve(cwd, directory),
        spill:
          spill === undefined || role === "in" || directory !== undefined
            ? undefined
            : resolve(cwd, spill, name),
      };
    }),
  );
  if (ways.length === 0) {
    throw new UsageError("there is nothing to carry: name it with --out, --in or --both");
  }
  const unused = journal.find(({ name }) => !ways.some((way) => way.name === name));
  if (unused) throw new UsageError(`--journal names "${unused.name}", which is not carried`);
  const twice = ways.find(({ name, role }, index) =>
    ways
      .slice(0, index)
      .some((way) => way.name === name && (way.role === role || isBoth(way, role))),
  );
  if (twice) throw new UsageError(`"${twice.name}" is to be carried twice the same way`);
  return ways;
}

function isBoth(way: Way, role: Way["role"]): boolean {
  return way.role === "both" || role === "both";
}

/** The definition of {@link BridgeFlags} beside those that every command has. */
// biome-ignore format: a flag is a line.
export const BRIDGE_FLAGS: Flags<Omit<BridgeFlags, keyof CommonFlags>> = {
  server: assumed(DEFAULT_SERVER, "URL", String, "The NATS server; tls:// for one that must speak TLS"),
  out: several("NAME", parseName, "What goes from here to the server; several may follow"),
  in: several("NAME", parseName, "What comes from the server to here; several may follow"),
  both: several("NAME", parseName, "A topic that is published here and elsewhere; several may follow"),
  journal: several("NAME=DIR", parseNamedDirectory, "NAME is the journal in DIR, to be sent or filled; can be given several times"),
  whenAway: { kind: "enum", values: ["hold", "drop", "spill"], brief: "While the server is away: senders wait in the end, the oldest are given up, or see --spill", default: "hold" },
  spill: optional("DIR", String, "Records wait on the disk while the server is away: in DIR, a journal for each name"),
  onSlow: { kind: "enum", values: ["gate", "lap"], brief: "Whether publishers of a topic wait for the bridge, or overtake it", default: "gate" },
  from: { kind: "enum", values: ["start", "now"], brief: "Where what comes begins, the first time: with all there is, or with what comes next", default: "start" },
  credentials: optional("FILE", String, "Who this machine is: a .creds file, an nkey seed, or JSON with user and password"),
  ca: optional("FILE", String, "TLS: the authorities that are trusted, in PEM"),
  certificate: optional("FILE", String, "TLS: the certificate of this machine"),
  key: optional("FILE", String, "TLS: its private key"),
  quiet: QUIET_BUT_ERRORS_FLAG,
};
