import { describe, expect, test } from "bun:test";
import { constants } from "node:os";
import * as core from "../src/index.ts";
import { errorCode, fromNodeError, systemError } from "../src/native/errno.ts";

const { CorruptSegmentError, DisposedError, FileTruncatedError, NotSupportedError } = core;
const { PeerDiedError, SystemError, TimeoutError } = core;

const DETAILS = { code: "ENOENT", errno: 2, syscall: "open", path: "/x" };

const SAMPLES = [
  ["SystemError", SystemError, new SystemError("message", DETAILS), "ENOENT"],
  ["DisposedError", DisposedError, new DisposedError("View"), "ERR_DISPOSED"],
  ["NotSupportedError", NotSupportedError, new NotSupportedError("message"), "ERR_NOT_SUPPORTED"],
  ["TimeoutError", TimeoutError, new TimeoutError("message"), "ETIMEDOUT"],
  ["CorruptSegmentError", CorruptSegmentError, new CorruptSegmentError("m"), "ERR_CORRUPT_SEGMENT"],
  ["FileTruncatedError", FileTruncatedError, new FileTruncatedError("m"), "ERR_FILE_TRUNCATED"],
  ["PeerDiedError", PeerDiedError, new PeerDiedError("m"), "ERR_PEER_DIED"],
] as const;

describe.each(SAMPLES)("%s", (name, type, error, code) => {
  test("has the name of its class and a stable code", () => {
    expect([error.name, error.constructor.name, error.code]).toEqual([name, name, code]);
    expect(error).toBeInstanceOf(type);
    expect(error).toBeInstanceOf(Error);
    expect(String(error)).toStartWith(`${name}: `);
    expect(error.stack).toContain("errors.test.ts");
  });
});

test("every error class that the package exports is tested here", () => {
  const classes = Object.values(core).filter(
    (value) => typeof value === "function" && value.prototype instanceof Error,
  );
  expect(new Set<unknown>(classes)).toEqual(new Set<unknown>(SAMPLES.map(([, type]) => type)));
});

test("SystemError carries what the system said, and its cause", () => {
  const cause = new Error("cause");
  const error = new SystemError("message", DETAILS, { cause });
  expect(error).toMatchObject({ ...DETAILS, message: "message" });
  expect(error.cause).toBe(cause);
  expect(new SystemError("message", { ...DETAILS, path: undefined }).path).toBeUndefined();
});

test("errors take a cause and keep it", () => {
  const cause = new Error("cause");
  const others = [CorruptSegmentError, FileTruncatedError, PeerDiedError];
  for (const type of [NotSupportedError, TimeoutError, ...others]) {
    const error = new type("message", { cause });
    expect([error.message, error.cause]).toEqual(["message", cause]);
  }
});

test("errorCode() knows every error number of this system", () => {
  const aliases = new Map([
    ["EWOULDBLOCK", "EAGAIN"],
    ["EOPNOTSUPP", "ENOTSUP"],
    ["ENOTSUP", "EOPNOTSUPP"],
    ["EAGAIN", "EWOULDBLOCK"],
  ]);
  for (const [name, number] of Object.entries(constants.errno)) {
    expect([name, aliases.get(name)]).toContain(errorCode(number));
  }
  expect(errorCode(constants.errno.EAGAIN)).toBe("EAGAIN");
  expect(errorCode(99_999)).toBe("E99999");
});

test("systemError() says what was attempted, why it failed, and which call", () => {
  const error = systemError('map file "x"', "mmap", constants.errno.EACCES, "x");
  expect(error.message).toBe('Cannot map file "x": EACCES, permission denied (mmap)');
  expect(error).toMatchObject({ code: "EACCES", errno: constants.errno.EACCES, path: "x" });
});

test("fromNodeError() leaves alone what is no error of the system", () => {
  const others = [
    new TypeError("wrong"),
    "text",
    undefined,
    Object.assign(new Error(), { code: 5 }),
  ];
  for (const error of others) expect(fromNodeError(error, "do it")).toBe(error);
});
