/**
 * `bun run cli`: installs what is missing, then becomes the `isthmus` command in this same process,
 * so that signals and exit codes are the command's own.
 *
 * @module
 */
import "./install.ts";

await import("../apps/cli/src/main.ts");
