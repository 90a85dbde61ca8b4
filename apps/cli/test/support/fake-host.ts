import type { Environment, Host } from "../../src/context.ts";

/** A host whose streams are strings. */
export interface FakeHost extends Host {
  readonly written: { stdout: string; stderr: string };
}

/** Builds a host for one run inside the test's own process. */
export function createFakeHost(
  options: { isTTY?: boolean; env?: Environment; cwd?: string; signal?: AbortSignal } = {},
): FakeHost {
  const { isTTY = false, env = {}, cwd = "/", signal = new AbortController().signal } = options;
  const written = { stdout: "", stderr: "" };
  const stream = (name: "stdout" | "stderr") => ({
    isTTY,
    columns: 60,
    write: (text: string) => {
      written[name] += text;
    },
  });
  return { stdout: stream("stdout"), stderr: stream("stderr"), env, cwd, signal, written };
}
