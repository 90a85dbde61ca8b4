/**
 * The back door for sibling packages of this workspace: without the client library. Nothing here is a public contract.
 *
 * @module
 */
export { DEFAULT_SERVER } from "./server-options.ts";
