/**
 * What one machine shares, on others, through NATS JetStream, for Bun.
 *
 * @module
 */
export type { ServerOptions, TlsFiles } from "./server-options.ts";
