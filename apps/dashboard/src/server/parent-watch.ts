/**
 * The parent watch of the demonstration's processes, loaded before all else. Their standard input is a pipe from the
 * dashboard and ends with it, however the dashboard ends; then they end, too, as by Ctrl-C.
 *
 * @module
 */

const { stdin } = process;
stdin.on("end", () => process.kill(process.pid, "SIGINT"));
stdin.on("error", () => process.kill(process.pid, "SIGINT"));
stdin.resume();
// It must not keep a process alive that is done.
(stdin as typeof stdin & { unref?(): void }).unref?.();
