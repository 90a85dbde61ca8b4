/**
 * Tests that not every machine can run.
 *
 * @module
 */
import { describe, test } from "bun:test";

/** Whether the tests run as root, who may mount file systems and become another user. */
export const isRoot: boolean = process.getuid?.() === 0;

/** Whether the tests run on Linux, whose `/proc` they look into. */
export const isLinux: boolean = process.platform === "linux";

/** Whether the tests run on Windows, or under Wine. */
export const isWindows: boolean = process.platform === "win32";

/** How the end of a process that was killed with `SIGKILL` is told. */
export const KILLED: number | NodeJS.Signals = isWindows ? 1 : "SIGKILL";

/** Wine and its version where it is what plays Windows; see `scripts/windows.ts`. */
export const wine: string | undefined = process.env["ISTHMUS_TEST_WINE"];

/** Whether symbolic links can be made. */
export const canLink: boolean = wine === undefined;

/** What a test with symbolic links needs. */
export const LINKS: string = `symbolic links (under ${wine} they are nowhere to be seen)`;

/** `test` where a process can be stopped, or interrupted, by another one. */
export const ifSignals: ReturnType<typeof testIf> = (...parameters) =>
  testIf(!isWindows, "signals, which Windows does not have")(...parameters);

/** `test` where a directory has files with modes, links and pipes. */
export const ifUnixFiles: ReturnType<typeof testIf> = (...parameters) =>
  testIf(
    !isWindows,
    "files with modes, links and pipes, which Windows does not have",
  )(...parameters);

/** `test` where several processes listen on one port, and the kernel shares out who connects. */
export const ifSharedPorts: ReturnType<typeof testIf> = (...parameters) =>
  testIf(isLinux, "ports of several processes, which Linux has")(...parameters);

/** `test` where a process can look up what it has open and mapped. */
export const ifProc: ReturnType<typeof testIf> = (...parameters) =>
  testIf(isLinux, "/proc, to look up what is open")(...parameters);

type Body = () => void | Promise<void>;

/**
 * `test`, or a skipped one whose name says why it is skipped.
 *
 * @param isMet Whether this machine can run the test.
 * @param requirement What the test needs, for the name of the skipped one.
 */
export function testIf(
  isMet: boolean,
  requirement: string,
): (name: string, body: Body, timeoutMs?: number) => void {
  return (name, body, timeoutMs) => {
    test.skipIf(!isMet)(titleOf(name, isMet, requirement), body, timeoutMs);
  };
}

/** `describe`, or a skipped one whose name says why; see {@link testIf}. */
export function describeIf(
  isMet: boolean,
  requirement: string,
): (name: string, define: () => void) => void {
  return (name, define) => {
    describe.skipIf(!isMet)(titleOf(name, isMet, requirement), define);
  };
}

function titleOf(name: string, isMet: boolean, requirement: string): string {
  return isMet ? name : `${name} [skipped: needs ${requirement}]`;
}

/** Tests in which a file is shortened while it is mapped, which Windows refuses. */
export const truncatingTest: ReturnType<typeof testIf> = testIf(
  !isWindows,
  "a system that shortens mapped files",
);

/** Tests for which growing a file must find its storage. */
export const allocatingTest: ReturnType<typeof testIf> = testIf(
  wine === undefined,
  `Windows itself (${wine} grows files by holes)`,
);

/** Tests that build bundles. */
export const bundlingTest: ReturnType<typeof testIf> = testIf(
  wine === undefined,
  `Windows itself (under ${wine} "bun build" finds no folder)`,
);
