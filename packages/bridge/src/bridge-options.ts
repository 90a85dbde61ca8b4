/**
 * How a bridge is begun.
 *
 * @module
 */
import {
  checkBoolean,
  checkInteger,
  checkName,
  checkOneOf,
  checkOptions,
  checkString,
  invalidType,
  invalidValue,
  type OptionNames,
} from "@isthmus/core/internal";
import type { ChannelSchema } from "@isthmus/ipc";
import { checkSignal, shapeOf } from "@isthmus/ipc/internal";
import type { BridgeGap } from "./bridge-gap.ts";
import { checkServer, SERVER_OPTIONS, type ServerOptions } from "./server-options.ts";
import type { BridgeKind } from "./stream/description.ts";
import type { StreamOptions } from "./stream/stream-options.ts";

/** How a bridge is begun. */
export interface BridgeOptions extends ServerOptions {
  /**
   * `"out"`: what is here goes to the server. `"in"`: what is on the server comes here. `"both"`, of a topic alone: what others publish
   * here goes there, and what comes from there is published here.
   */
  readonly role: "out" | "in" | "both";
  /**
   * What it is here. By default, of what goes out: what there is of the name; of what comes in: what it is where it comes from; dead
   * letters come into a channel.
   */
  readonly kind?: BridgeKind | undefined;
  /** What the records are. By default what is here says it, or the stream. */
  readonly schema?: ChannelSchema | undefined;
  /** What it is called here, when that is not the name on the server. */
  readonly here?: string | undefined;
  /** The directory of the journal that is sent or filled; makes the kind `"journal"`. */
  readonly journal?: string | undefined;
  /**
   * Room for the records of one sender in bytes, of a channel or topic that the bridge makes here. Default 1 MiB.
   */
  readonly capacityBytes?: number | undefined;
  /**
   * Of a topic that goes out, what happens when its publishers are faster than the bridge: `"gate"`: they wait for it (default). `"lap"`:
   * they go on, and what was overwritten is a gap.
   */
  readonly onSlow?: "gate" | "lap" | undefined;
  /**
   * What happens to a channel or topic that goes out while the server is away: `"hold"`: records stay where they are, and when there
   * is no room left, senders wait (default). `"drop"`: when half of the room is taken, the oldest records are given up, and counted.
   * `"spill"`: records go into a journal on disk; see `spill`.
   */
  readonly whenAway?: "hold" | "drop" | "spill" | undefined;
  /**
   * The directory of that journal; makes `whenAway` `"spill"`. All that is sent goes through it, and stays there until it is older than
   * `spillKeepMs`: what a server has acknowledged and lost is sent again from there.
   */
  readonly spill?: string | undefined;
  /** How many bytes that journal may take, before senders wait after all. Default 1 GiB. */
  readonly spillMaxBytes?: number | undefined;
  /**
   * How long what the server has acknowledged is kept, in milliseconds. Default 130 000: the server brings what it has to the disk every
   * two minutes, unless it is told otherwise.
   */
  readonly spillKeepMs?: number | undefined;
  /** Where a bridge begins to receive that knows nothing yet: with all that the stream still has (default), or with what comes next. */
  readonly from?: "start" | "now" | undefined;
  /**
   * Bytes of records in one message at most. Default 512 KiB; never more than the server takes. One message of each sender's is under way
   * at a time: over a far link, larger ones carry more.
   */
  readonly batchBytes?: number | undefined;
  /** How many messages may be under way without acknowledgement, of all senders. Default 32. */
  readonly window?: number | undefined;
  /** How the stream is made when there is none. */
  readonly stream?: StreamOptions | undefined;
  /** Told of records that are missing; they are counted in any case. */
  readonly onGap?: ((gap: BridgeGap) => void) | undefined;
  /** Whether to begin also while the server is away. Default false: that is an error. */
  readonly wait?: boolean | undefined;
  /** Ends the bridge; `bridge` rejects with its reason when it is aborted before there is one. */
  readonly signal?: AbortSignal | undefined;
}

const OPTIONS: OptionNames<BridgeOptions> = {
  ...SERVER_OPTIONS,
  role: true,
  kind: true,
  schema: true,
  here: true,
  journal: true,
  capacityBytes: true,
  onSlow: true,
  whenAway: true,
  spill: true,
  spillMaxBytes: true,
  spillKeepMs: true,
  from: true,
  batchBytes: true,
  window: true,
  stream: true,
  onGap: true,
  wait: true,
  signal: true,
};

const STREAM_OPTIONS: OptionNames<StreamOptions> = {
  maxBytes: true,
  maxAgeMs: true,
  whenFull: true,
  replicas: true,
};

/** Half of what a server takes by default: records of a lane that come while one message is under way go into the next one. */
const BATCH_BYTES = 512 * 1024;
const WINDOW = 32;
const WINDOW_MAX = 1024;
const SPILL_BYTES: number = 2 ** 30;
const SPILL_KEEP_MS = 130_000;

/** The same, checked, with nothing left out that has a default. */
export interface CheckedBridge extends BridgeOptions {
  readonly name: string;
  readonly here: string;
  readonly whenAway: "hold" | "drop" | "spill";
  readonly isGating: boolean;
  readonly spillMaxBytes: number;
  readonly spillKeepMs: number;
  readonly from: "start" | "now";
  readonly batchBytes: number;
  readonly window: number;
  readonly stream: StreamOptions;
  readonly onGap: (gap: BridgeGap) => void;
  readonly wait: boolean;
}

/** Checks how a bridge is to be begun. */
export function checkBridgeOptions(name: string, options: BridgeOptions): CheckedBridge {
  const checked = checkOptions("options", options, OPTIONS);
  checkString("name", name);
  checkServer(checked);
  const { role, journal, schema, signal, spill, capacityBytes, onSlow = "gate" } = checked;
  const { kind = journal === undefined ? undefined : "journal" } = checked;
  const { here = kind === "deadLetters" && role === "in" ? `${name}.dead` : name } = checked;
  if (role === undefined) throw invalidType("options.role", '"out", "in" or "both"', role);
  checkOneOf("options.role", role, ["out", "in", "both"] as const);
  checkName(here);
  if (kind !== undefined) {
    checkOneOf("options.kind", kind, ["channel", "topic", "deadLetters", "journal"] as const);
  }
  if (journal !== undefined) checkString("options.journal", journal);
  if (kind === "journal" && journal === undefined) {
    throw invalidType("options.journal", "the directory of the journal", journal);
  }
  if (role === "both" && kind !== undefined && kind !== "topic") {
    throw invalidValue("options.kind", '"topic" with role "both"', kind);
  }
  checkOneOf("options.onSlow", onSlow, ["gate", "lap"] as const);
  const { whenAway = spill === undefined ? "hold" : "spill", from = "start" } = checked;
  checkOneOf("options.whenAway", whenAway, ["hold", "drop", "spill"] as const);
  checkOneOf("options.from", from, ["start", "now"] as const);
  if (spill !== undefined) checkString("options.spill", spill);
  if (whenAway === "spill" && spill === undefined) {
    throw invalidType("options.spill", "the directory of a journal", spill);
  }
  const { spillMaxBytes = SPILL_BYTES, spillKeepMs = SPILL_KEEP_MS } = checked;
  const { batchBytes = BATCH_BYTES, window = WINDOW, wait = false } = checked;
  const { onGap = () => {}, stream } = checked;
  checkInteger("options.spillMaxBytes", spillMaxBytes, 1);
  checkInteger("options.spillKeepMs", spillKeepMs, 0);
  if (capacityBytes !== undefined) checkInteger("options.capacityBytes", capacityBytes, 1);
  checkInteger("options.batchBytes", batchBytes, 1);
  checkInteger("options.window", window, 1, WINDOW_MAX);
  if (typeof onGap !== "function") throw invalidType("options.onGap", "a function", onGap);
  checkBoolean("options.wait", wait);
  if (schema !== undefined) shapeOf(schema);
  checkSignal(signal);
  return {
    ...checked,
    role,
    name,
    kind,
    here,
    whenAway,
    isGating: onSlow === "gate",
    spillMaxBytes,
    spillKeepMs,
    from,
    batchBytes,
    window,
    stream: checkStream(stream),
    onGap,
    wait,
  };
}

function checkStream(stream: StreamOptions | undefined): StreamOptions {
  const { maxBytes, maxAgeMs, whenFull, replicas } = checkOptions(
    "options.stream",
    stream,
    STREAM_OPTIONS,
  );
  if (maxBytes !== undefined) checkInteger("options.stream.maxBytes", maxBytes, 1);
  if (maxAgeMs !== undefined) checkInteger("options.stream.maxAgeMs", maxAgeMs, 1);
  if (whenFull !== undefined) {
    checkOneOf("options.stream.whenFull", whenFull, ["wait", "drop"] as const);
  }
  if (replicas !== undefined) checkInteger("options.stream.replicas", replicas, 1, 5);
  return { maxBytes, maxAgeMs, whenFull, replicas };
}
