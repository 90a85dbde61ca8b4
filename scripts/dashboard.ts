/**
 * `bun run dashboard`: installs what is missing, then becomes the dashboard's server in this same process, so that
 * signals and exit codes are its own.
 *
 * @module
 */
import "./install.ts";

await import("../apps/dashboard/src/server/main.ts");
