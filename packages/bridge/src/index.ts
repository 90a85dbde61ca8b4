/**
 * What one machine shares, on others, through NATS JetStream, for Bun.
 *
 * @module
 */
export { Bridge, type BridgeMetrics, bridge } from "./bridge.ts";
export type { BridgeGap } from "./bridge-gap.ts";
export type { BridgeOptions } from "./bridge-options.ts";
export type { BridgeState } from "./bridge-state.ts";
export { type BridgeCacheOptions, bridgeCache } from "./kv/bridge-cache.ts";
export { type BridgeStructOptions, bridgeStruct } from "./kv/bridge-struct.ts";
export type { MirrorBridge, MirrorMetrics } from "./kv/mirror-bridge.ts";
export type { MirrorRole, StartOptions } from "./kv/start-mirror.ts";
export type { ServerOptions, TlsFiles } from "./server-options.ts";
export {
  type BridgeServiceOptions,
  bridgeService,
  type ServiceBridge,
  type ServiceBridgeMetrics,
} from "./service/bridge-service.ts";
export type { BridgeKind } from "./stream/description.ts";
export type { StreamOptions } from "./stream/stream-options.ts";
