/** Which server, and as whom: what is refused before anything is asked of the network. */
import { describe, expect, test } from "bun:test";
import { expectCode } from "@isthmus/testing/expect-code";
import { isSince, SINCE } from "../src/server-features.ts";
import { checkServer, type ServerOptions } from "../src/server-options.ts";

describe("checkServer()", () => {
  test.each([
    [undefined, ["nats://127.0.0.1:4222"]],
    ["nats://10.0.0.1:4222", ["nats://10.0.0.1:4222"]],
    ["broker", ["nats://broker"]],
    ["broker:4333", ["nats://broker:4333"]],
    ["nats://[::1]:4222/", ["nats://[::1]:4222"]],
    ["nats://a:1, nats://b:2", ["nats://a:1", "nats://b:2"]],
    [
      ["a:1", "b:2"],
      ["nats://a:1", "nats://b:2"],
    ],
  ])("takes %p", (server, urls) => {
    expect(checkServer({ server })).toEqual({ urls, credentialsFile: undefined, tls: undefined });
  });

  test("asks for TLS where the URL does", () => {
    // The client library itself drops what stands before "://", and would speak plainly.
    expect(checkServer({ server: "tls://broker:4222" }).tls).toEqual({});
  });

  test.each([
    "nats://me:secret@broker:4222",
    "nats://secret@broker:4222",
    "me:secret@broker",
    "broker:1,nats://:secret@broker:4222",
    "nats://me:sec/ret@broker:4222",
    "nats://me:sec,ret@broker:4222",
    "secret@",
  ])("refuses the secret in %p, and does not tell it", (server) => {
    const { message } = expectCode(
      () => checkServer({ server }),
      "TypeError",
      "ERR_INVALID_ARG_VALUE",
    );
    expect(message).toContain("credentialsFile");
    expect(message).not.toMatch(/sec|ret/);
  });

  test.each([
    "ws://broker",
    "http://broker",
    "nats://broker/path",
    "nats://broker?tls=1",
    "nats://",
    "",
    "nats://a,",
    "nats://broker:99999",
  ])("refuses %p", (server) => {
    const { message } = expectCode(
      () => checkServer({ server }),
      "TypeError",
      "ERR_INVALID_ARG_VALUE",
    );
    expect(message).toContain("must be nats://HOST:PORT or tls://HOST:PORT");
  });

  test.each<[string, unknown]>([
    ["a server that is no text", { server: 4222 }],
    ["no server at all", { server: [] }],
    ["credentials that are no path", { credentialsFile: 1 }],
    ["files that are none", { tls: true }],
    ["a file that is no path", { tls: { caFile: 1 } }],
  ])("refuses %s", (_what, options) => {
    expectCode(() => checkServer(options as ServerOptions), "TypeError", "ERR_INVALID_ARG_TYPE");
  });

  test("refuses a file that nobody reads", () => {
    const tls = { certFile: "x" } as ServerOptions["tls"];
    const check = () => checkServer({ tls });
    const { message } = expectCode(check, "TypeError", "ERR_INVALID_ARG_VALUE");
    expect(message).toContain(`did you mean`);
  });
});

describe("isSince()", () => {
  test.each([
    ["2.9.10", "2.9.4", true],
    ["2.9.10", "2.9.10", true],
    ["2.9.10", "2.10.0", false],
    ["2.10.0", "2.9.10", true],
    ["2.11.0-beta.3", "2.11.0", true],
    ["2.12.1+deb", "2.12.1", true],
    ["3.0.0", "2.12.0", true],
    ["1.99.99", "2.0.0", false],
    ["nonsense", "2.0.0", false],
    ["", "2.0.0", false],
  ])("%s, %s: %p", (version, since, expected) => {
    expect(isSince(version, since)).toBe(expected);
  });

  test("knows what is newer than the oldest server that will do", () => {
    for (const since of Object.values(SINCE)) expect(isSince("2.9.10", since)).toBeFalse();
  });
});
