/**
 * Loaded first into the processes of the demonstration: their standard input is a pipe to the dashboard, so that it
 * ends when the dashboard does, however it does. Then they end, too, in the way of Ctrl-C.
 *
 * @module
 */

const { stdin } = process;
stdin.on("end", () => process.kill(process.pid, "SIGINT"));
stdin.on("error", () => process.kill(process.pid, "SIGINT"));
stdin.resume();
// It must not keep a process alive that is done.
(stdin as typeof stdin & { unref?(): void }).unref?.();
