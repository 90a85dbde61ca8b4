/**
 * Prometheus's own checker of metrics, for the tests.
 *
 * @module
 */

/**
 * Looks for it.
 *
 * @returns Its path, or undefined when there is none; a test is skipped then.
 * @throws {Error} When there is none and `ISTHMUS_REQUIRE_PROMTOOL` is set.
 */
export function findPromtool(): string | undefined {
  const path = Bun.which("promtool");
  if (path !== null) return path;
  if (process.env["ISTHMUS_REQUIRE_PROMTOOL"]) {
    throw new Error("There is no promtool (Debian has it in the package prometheus)");
  }
  return undefined;
}
