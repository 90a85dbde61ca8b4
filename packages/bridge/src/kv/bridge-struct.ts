/**
 * Shared structs on several machines.
 *
 * @module
 */
import {
  checkName,
  checkOptions,
  checkString,
  conditionError,
  type OptionNames,
} from "@isthmus/core/internal";
import {
  type Fields,
  SharedStruct,
  type StructInput,
  type StructSchema,
  type StructValue,
} from "@isthmus/ipc";
import { bucketPart } from "./bucket-key.ts";
import type { MirrorBridge } from "./mirror-bridge.ts";
import { type MirrorRole, START_OPTIONS, type StartOptions, startMirror } from "./start-mirror.ts";
import { StructSide } from "./struct-side.ts";

/** How a struct is bridged. */
export interface BridgeStructOptions<F extends Fields> extends StartOptions {
  /** What it is: `struct({ … })`, the same on every machine. */
  readonly schema: StructSchema<F>;
  /**
   * `"both"` (default): updates go out and come in. `"out"`: this machine alone updates it; a bridge that finds that somebody else
   * has done so ends with `EBUSY`. `"in"`: what the others do appears here, and what is updated here is overwritten by the next of it.
   */
  readonly role?: MirrorRole | undefined;
  /** The bucket of the value, which has the one key `value`. Default: `isthmus-struct-` and the name. */
  readonly bucket?: string | undefined;
  /**
   * What becomes of an update that was made here while another machine's came to the server first. `"theirs"` (default): the other
   * one's value replaces it. `"ours"`: it replaces the other one's. A function makes one value of both, and of the last one that both
   * had in common, where that is known; it must not be asynchronous, and what it throws ends the bridge.
   */
  readonly onConflict?:
    | "theirs"
    | "ours"
    | ((
        ours: StructValue<F>,
        theirs: StructValue<F>,
        base: StructValue<F> | undefined,
      ) => StructInput<F>)
    | undefined;
}

const OPTIONS: OptionNames<BridgeStructOptions<Fields>> = {
  ...START_OPTIONS,
  schema: true,
  role: true,
  bucket: true,
  onConflict: true,
};

/**
 * Mirrors a shared struct with a bucket of a server, and so with the struct of this name on every machine whose bridge does the same.
 * Programs use `SharedStruct` as ever and know nothing of it: one process of each machine runs the bridge.
 *
 * **Versions.** Each update is one revision of the bucket, written in place of the one that it follows. Versions here count what
 * happens here: those of two machines are not the same numbers. Of updates that follow each other faster than the server acknowledges
 * them the last one goes out. Every reader sees whole values, in the order of the bucket's revisions.
 *
 * **Two machines at once.** `update` is atomic on one machine. Across machines the one that comes to the server first counts, and the other
 * one is a conflict: see `onConflict`. A counter that several machines count up needs a function there, or a struct for each machine.
 *
 * @param name Of the struct, here unless `here` says otherwise; it is created if it is not there.
 * @param options The schema, the server, and what becomes of conflicts.
 * @returns When the value of the bucket is here, if it has one. The bridge lives until it is disposed.
 * @throws {SystemError | TimeoutError | NotSupportedError} When the server cannot be reached, or cannot be used.
 * @throws {CorruptSegmentError} When the struct here, or the bucket, was made with another schema; the message names the first field that
 *   differs.
 *
 * @example
 * ```ts no-run
 * import { SharedStruct, struct, u32 } from "@isthmus/ipc";
 * import { bridgeStruct } from "@isthmus/bridge";
 *
 * const Settings = struct({ limit: u32, level: u32 });
 * await using bridge = await bridgeStruct("settings", { schema: Settings, server: "nats://10.0.0.1:4222" });
 * using settings = SharedStruct.openExisting("settings", Settings);
 * settings.update((s) => void (s.limit = 100)); // on every machine, a moment later
 * ```
 */
export async function bridgeStruct<F extends Fields>(
  name: string,
  options: BridgeStructOptions<F>,
): Promise<MirrorBridge> {
  const checked = checkOptions("options", options, OPTIONS as OptionNames<typeof options>);
  const { schema, bucket = `isthmus-struct-${bucketPart(name)}`, here = name } = checked;
  checkString("options.bucket", bucket);
  checkName(here);
  return await startMirror({
    name,
    here,
    source: "struct",
    options: checked,
    role: checked.role,
    bucket,
    rule: checked.onConflict,
    maxAgeMs: Infinity,
    isMirrored: () => true,
    open: () => new StructSide(SharedStruct.createOrOpen(here, schema as StructSchema<F>), bucket),
    fenced: () =>
      conditionError(
        "EBUSY",
        `bridge the struct "${name}" out: another bridge, or another program, writes the bucket "${bucket}"`,
        "publish",
      ),
  });
}
