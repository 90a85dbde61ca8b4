/**
 * Tests that not every machine can run.
 *
 * @module
 */
import { test } from "bun:test";

/** Whether the tests run as root, who may mount file systems and become another user. */
export const isRoot: boolean = process.getuid?.() === 0;

/** Whether the tests run on Linux, whose `/proc` they look into. */
export const isLinux: boolean = process.platform === "linux";

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
    const title = isMet ? name : `${name} [skipped: needs ${requirement}]`;
    test.skipIf(!isMet)(title, body, timeoutMs);
  };
}
