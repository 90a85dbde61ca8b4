/**
 * What bridges of structs and of caches have in common.
 *
 * @module
 */
import { checkBoolean, checkOneOf, type OptionNames } from "@isthmus/core/internal";
import { checkSignal } from "@isthmus/ipc/internal";
import { ServerConnection } from "../connection.ts";
import { lockBridge } from "../lock-bridge.ts";
import { SERVER_OPTIONS, type ServerOptions } from "../server-options.ts";
import { Bucket } from "./bucket.ts";
import type { LocalSide } from "./local-side.ts";
import { MirrorBridge } from "./mirror-bridge.ts";
import { MirrorHeads } from "./mirror-heads.ts";
import type { ConflictRule, MirrorPlan } from "./mirror-plan.ts";

/** Which ways changes go: out to the server, in from it, or both. */
export type MirrorRole = "out" | "in" | "both";

/** What the options of both have in common. */
export interface StartOptions extends ServerOptions {
  /** What it is called here, when that is not the name on the server. */
  readonly here?: string | undefined;
  /** Whether to wait for the server while it is away. Default false: that is an error. */
  readonly wait?: boolean | undefined;
  /** Ends that wait, with its reason. */
  readonly signal?: AbortSignal | undefined;
}

/** Their names. */
export const START_OPTIONS: OptionNames<StartOptions> = {
  ...SERVER_OPTIONS,
  here: true,
  wait: true,
  signal: true,
};

/** What is mirrored, and how. */
interface MirrorStart {
  readonly name: string;
  /** What it is called here. */
  readonly here: string;
  readonly source: "struct" | "cache";
  readonly options: StartOptions;
  readonly role: MirrorRole | undefined;
  readonly bucket: string;
  readonly rule: unknown;
  /** After how long a new bucket forgets values, in milliseconds. */
  readonly maxAgeMs: number;
  readonly isMirrored: (key: string) => boolean;
  readonly open: () => LocalSide;
  readonly fenced: MirrorPlan["fenced"];
}

/** Starts a mirror, and waits until what is in the bucket is here. */
export async function startMirror(start: MirrorStart): Promise<MirrorBridge> {
  const { name, here, role = "both", source, options, isMirrored, maxAgeMs } = start;
  checkOneOf("options.role", role, ["out", "in", "both"]);
  const rule = checkConflict(start.rule);
  await using stack = new AsyncDisposableStack();
  const isIn = role !== "out";
  const isOut = role !== "in";
  await lockBridge(
    here,
    [...(isOut ? ["out" as const] : []), ...(isIn ? ["in" as const] : [])],
    stack,
  );
  const side = start.open();
  stack.defer(() => side.dispose());
  const connection = stack.use(await openConnection(name, options));
  const bucket = await Bucket.open(connection, start.bucket, side.shape, maxAgeMs);
  const heads = stack.use(new MirrorHeads(here, source, role, options));
  const fenced = isIn ? undefined : start.fenced;
  const plan = { side, bucket, isOut, isIn, rule, isMirrored, fenced };
  const read = Promise.withResolvers<void>();
  const parts = { connection, side, heads };
  const bridge = new MirrorBridge(name, parts, plan, stack.move(), read.resolve);
  await Promise.race([read.promise, bridge.closed]);
  return bridge;
}

/** Connects to the server of a bridge. */
export async function openConnection(
  name: string,
  { wait = false, signal, ...server }: StartOptions,
): Promise<ServerConnection> {
  checkBoolean("options.wait", wait);
  checkSignal(signal);
  const { server: url, credentialsFile, tls } = server;
  return await ServerConnection.open(
    { server: url, credentialsFile, tls },
    { name: `isthmus ${name}`, wait, signal },
  );
}

/** Checks what becomes of conflicts; a function is one that makes one value of two. */
function checkConflict(rule: unknown = "theirs"): ConflictRule {
  if (typeof rule === "function") return rule as ConflictRule;
  return checkOneOf("options.onConflict", rule as "theirs", ["theirs", "ours"]);
}
