import { describe, expect, test } from "bun:test";
import { SystemError, TimeoutError } from "@isthmus/core";
import { ExitCode, exitCodeOf, fromStricli, worseExitCode } from "../src/exit-code.ts";
import { InterruptedError } from "../src/interrupted-error.ts";
import { UsageError } from "../src/usage-error.ts";

const systemError = (code: string): SystemError =>
  new SystemError(`refused: ${code}`, { code, errno: 1, syscall: "open" });

describe("exit codes", () => {
  test.each([
    ["ENOENT", () => systemError("ENOENT"), ExitCode.notFound],
    ["EACCES", () => systemError("EACCES"), ExitCode.failed],
    ["TimeoutError", () => new TimeoutError("late"), ExitCode.timedOut],
    ["UsageError", () => new UsageError("no"), ExitCode.usage],
    ["SIGINT", () => new InterruptedError("SIGINT"), 130],
    ["SIGTERM", () => new InterruptedError("SIGTERM"), 143],
    ["EPIPE", () => new InterruptedError("EPIPE"), 0],
    ["any other error", () => new Error("other"), ExitCode.failed],
    ["not even an error", () => "text", ExitCode.failed],
  ])("of %s", (_, create, expected) => {
    expect(exitCodeOf(create())).toBe(expected);
  });

  test.each([
    [0, 0],
    [undefined, 0],
    [1, 1],
    [3, 3],
    [130, 130],
    [-5, ExitCode.usage],
    [-4, ExitCode.usage],
    [-1, ExitCode.failed],
    [-10, ExitCode.failed],
  ])("of stricli's %p", (code, expected) => {
    expect(fromStricli(code)).toBe(expected);
  });

  test("the worse of two", () => {
    expect(worseExitCode(0, 3)).toBe(3);
    expect(worseExitCode(3, 0)).toBe(3);
    expect(worseExitCode(3, 1)).toBe(1);
    expect(worseExitCode(1, 3)).toBe(1);
    expect(worseExitCode(1, 130)).toBe(130);
  });
});
