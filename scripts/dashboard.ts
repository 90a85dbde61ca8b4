/**
 * `bun run dashboard`: `isthmus dashboard`, in this same process, so that signals and exit codes are its own.
 *
 * @module
 */
import "./install.ts";

process.argv.splice(2, 0, "dashboard");
await import("../apps/cli/src/main.ts");
