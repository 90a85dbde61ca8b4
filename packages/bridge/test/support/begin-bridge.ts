/**
 * Bridges as tests ask for them, in words that can be sent to another process.
 *
 * @module
 */
import {
  bridgeCache,
  bridgeService,
  bridgeStruct,
  type MirrorBridge,
  type ServiceBridge,
} from "../../src/index.ts";
import { Others, SERVICES, Settings } from "./schemas.ts";

/** What can be bridged. */
export type BridgeKind = "struct" | "cache" | "service";

/** How; all else goes to the bridge as it is. */
export interface BeginOptions {
  readonly server: string;
  readonly schema?: string;
  /** Adds up what both sides have added to `limit`. */
  readonly isAdding?: boolean;
  readonly [option: string]: unknown;
}

/** Begins one. */
export function beginBridge(
  kind: BridgeKind,
  name: string,
  { schema, isAdding, ...options }: BeginOptions,
): Promise<MirrorBridge | ServiceBridge> {
  if (kind === "cache") return bridgeCache(name, options);
  if (kind === "service") {
    const server = options as { server: string; role: "in" };
    return schema === "structs"
      ? bridgeService(name, { ...SERVICES.structs, ...server })
      : bridgeService(name, { ...SERVICES.json, ...server });
  }
  if (schema === "others") return bridgeStruct(name, { schema: Others, ...options });
  const more = { ...options, ...(isAdding && { onConflict: add }) };
  return bridgeStruct(name, { schema: Settings, ...more } as never);
}

interface Counted {
  readonly limit: number;
}

function add(ours: Counted, theirs: Counted, base: Counted | undefined): Counted {
  return { ...theirs, limit: ours.limit + theirs.limit - (base?.limit ?? 0) };
}

/** What can be asked of one. */
export function operationsOf(
  running: () => MirrorBridge | ServiceBridge,
): Readonly<Record<"metrics" | "state" | "closed" | "dispose", () => unknown>> {
  return {
    metrics: () => running().metrics,
    state: () => running().state,
    closed: () => running().closed.then(() => "disposed"),
    dispose: () => running()[Symbol.asyncDispose](),
  };
}
