/** Services whose requesters and responder are on different machines, through a real server. */
import { describe, expect, test } from "bun:test";
import { type json, observe, type RemoteError, Requester, Responder } from "@isthmus/ipc";
import { NatsServer } from "@isthmus/programs/nats-server";
import { TcpLink } from "@isthmus/programs/tcp-link";
import { expectRejection } from "@isthmus/testing/expect-code";
import { Home } from "@isthmus/testing/home";
import { until } from "@isthmus/testing/patience";
import { serverTest } from "@isthmus/testing/server-test";
import { bridgeService } from "../../src/index.ts";
import { Machine } from "../support/machine.ts";
import { SERVICES } from "../support/schemas.ts";
import { answer } from "../support/sums.ts";

type Asking = Requester<typeof json, typeof json>;

/** A requester of a machine. */
function asking(machine: Machine, options: object = {}): Asking {
  return machine.open(() => Requester.createOrOpen("sums", { ...SERVICES.json, ...options }));
}

interface Counted {
  readonly pending: number;
  readonly requests: number;
  readonly terms: number;
}

describe("bridgeService()", () => {
  serverTest("answers requests of another machine, each its own, and tells observers", async () => {
    await using server = await NatsServer.start();
    await using near = new Machine();
    await using far = new Machine();
    const requester = asking(near);
    const waiting = requester.request({ a: 1, b: 1 });
    const out = await near.bridgeApart("service", "sums", { server: server.url, role: "out" });
    await far.bridge("service", "sums", { server: server.url, role: "in" });
    far.open(() => answer("sums"));
    expect(await waiting).toEqual({ sum: 2 });
    const answers = Array.from({ length: 200 }, (_, a) => requester.request({ a, b: 1 }));
    expect(await Promise.all(answers)).toEqual(answers.map((_, a) => ({ sum: a + 1 })));
    expect(await out.call("metrics")).toMatchObject({
      requests: 201,
      answers: 201,
      died: 0,
      terms: 1,
    });
    process.env["ISTHMUS_DIR"] = near.path;
    const records = () => observe("bridge-sums").bridge?.ends[0]?.records;
    await until(() => records() === 201, "observers are told");
  });

  serverTest("carries structs, and what a handler throws", async () => {
    await using server = await NatsServer.start();
    await using near = new Machine();
    await using far = new Machine();
    const { structs } = SERVICES;
    await near.bridgeApart("service", "added", {
      server: server.url,
      role: "out",
      schema: "structs",
    });
    await far.bridge("service", "added", { server: server.url, role: "in", schema: "structs" });
    const responder = far.open(() => Responder.createOrOpen("added", structs));
    void responder.serve(({ a, b }) => ({ sum: a + b }));
    const requester = near.open(() => Requester.createOrOpen("added", structs));
    expect(await requester.request({ a: 4, b: 5 })).toEqual({ sum: 9 });

    await near.bridgeApart("service", "sums", { server: server.url, role: "out" });
    await far.bridge("service", "sums", { server: server.url, role: "in" });
    far.open(() => answer("sums"));
    const failing = asking(near).request({ fail: true });
    const error = (await expectRejection(failing, "RemoteError", "ERR_NONE")) as RemoteError;
    expect(error).toMatchObject({ remoteName: "RangeError", message: "There is no such order" });
    expect(error.remoteStack).toContain("sums.ts");
  });

  serverTest("requests wait for a far responder, or fail, as the requester was told", async () => {
    await using server = await NatsServer.start();
    await using near = new Machine();
    await using far = new Machine();
    await near.bridgeApart("service", "sums", { server: server.url, role: "out" });
    const waiting = asking(near);
    const failing = asking(near, { onAbsent: "fail" });
    const none = failing.request({ a: 1, b: 2 });
    await expectRejection(none, "SystemError", "ECONNREFUSED");
    const late = waiting.request({ a: 1, b: 2 }, { timeoutMs: 50 });
    const { message } = await expectRejection(late, "TimeoutError", "ETIMEDOUT");
    expect(message).toBe(`Cannot ask "sums" within 50 ms: nobody answers`);
    await far.bridge("service", "sums", { server: server.url, role: "in" });
    await expectRejection(failing.request({}), "SystemError", "ECONNREFUSED");
    const patient = waiting.request({ a: 1, b: 2 });
    far.open(() => answer("sums"));
    expect(await patient).toEqual({ sum: 3 });
    await failing.ready();
    expect(await failing.request({ a: 2, b: 2 })).toEqual({ sum: 4 });
    const hanging = waiting.request({ hang: true }, { timeoutMs: 50 });
    await expectRejection(hanging, "TimeoutError", "ETIMEDOUT");
  });

  serverTest(
    "whatever ends at the far side, what is not answered rejects: PeerDiedError",
    async () => {
      await using server = await NatsServer.start();
      await using link = await TcpLink.to(server);
      await using near = new Machine();
      await using far = new Machine();
      const requester = asking(near);
      const out = await near.bridgeApart("service", "sums", { server: server.url, role: "out" });
      const died = async (harm: () => unknown): Promise<void> => {
        const before = await out.call<Counted>("metrics");
        const hanging = requester.request({ hang: true });
        hanging.catch(() => {});
        await until(
          async () => (await out.call<Counted>("metrics")).pending > 0,
          "it is under way",
        );
        await harm();
        await expectRejection(hanging, "PeerDiedError", "ERR_PEER_DIED");
        expect((await out.call<Counted>("metrics")).requests).toBe(before.requests + 1);
      };
      let back = await far.bridgeApart("service", "sums", { server: link.url, role: "in" });
      let responder = far.process();
      await responder.call("answer", "sums");
      expect(await requester.request({ a: 1, b: 1 })).toEqual({ sum: 2 });
      await died(() => responder.kill());
      responder = far.process();
      await responder.call("answer", "sums");
      await died(() => back.kill());
      back = await far.bridgeApart("service", "sums", { server: link.url, role: "in" });
      await died(() => back.call("dispose"));
      back = await far.bridgeApart("service", "sums", { server: link.url, role: "in" });
      await died(() => link.cut());
      link.heal();
      await died(() => server.kill());
      await server.restart();
      expect(await requester.request({ a: 2, b: 2 })).toEqual({ sum: 4 });
      await died(() =>
        out
          .call("dispose")
          .then(() => near.bridgeApart("service", "sums", { server: server.url, role: "out" }))
          .catch(() => {}),
      );
    },
  );

  serverTest("a responder that is here goes first, and the far one stands by", async () => {
    await using server = await NatsServer.start();
    await using near = new Machine();
    await using far = new Machine();
    const here = near.open(() => Responder.createOrOpen("sums", SERVICES.json));
    void here.serve(() => "here");
    await far.bridge("service", "sums", { server: server.url, role: "in" });
    far.open(() => answer("sums"));
    await near.bridgeApart("service", "sums", { server: server.url, role: "out" });
    const requester = asking(near);
    expect(await requester.request({ a: 1, b: 1 })).toBe("here");
    here.dispose();
    expect(await requester.request({ a: 1, b: 1 })).toEqual({ sum: 2 });
  });

  serverTest("what does not fit into a message is an error, and nothing hangs", async () => {
    await using server = await NatsServer.start({ settings: "max_payload: 64KB" });
    await using near = new Machine();
    await using far = new Machine();
    await near.bridgeApart("service", "sums", { server: server.url, role: "out" });
    await far.bridge("service", "sums", { server: server.url, role: "in" });
    far.open(() => answer("sums"));
    const requester = asking(near);
    const long = requester.request({ text: "x".repeat(70_000) });
    const asked = await expectRejection(long, "RemoteError", "ERR_OUT_OF_RANGE");
    expect(asked.message).toContain(`"request" is out of range: it must be <= 65536 bytes`);
    const longAnswer = requester.request({ size: 70_000 });
    const answered = await expectRejection(longAnswer, "RemoteError", "ERR_OUT_OF_RANGE");
    expect(answered.message).toContain(`"response" is out of range`);
    expect(await requester.request({ a: 1, b: 1 })).toEqual({ sum: 2 });
  });

  serverTest("other schemas at the far end are refused in words", async () => {
    await using server = await NatsServer.start();
    await using near = new Machine();
    await using far = new Machine();
    await far.bridge("service", "sums", { server: server.url, role: "in", schema: "structs" });
    const responder = far.open(() => Responder.createOrOpen("sums", SERVICES.structs));
    void responder.serve(({ a, b }) => ({ sum: a + b }));
    const out = await near.bridgeApart("service", "sums", { server: server.url, role: "out" });
    const closed = out.call("closed");
    await expect(closed).rejects.toMatchObject({ className: "CorruptSegmentError" });
    await expect(closed).rejects.toThrow("of the request, records must be json: found a struct");
    expect(await out.call("state")).toBe("failed");
  });

  test("refuses options that mean nothing", async () => {
    using _home = new Home();
    const open = (options: object) =>
      bridgeService("sums", {
        ...SERVICES.json,
        role: "in",
        server: "nats://127.0.0.1:1",
        ...options,
      });
    await expectRejection(open({ role: "both" }), "TypeError", "ERR_INVALID_ARG_VALUE");
    await expectRejection(open({ request: 1 }), "TypeError", "ERR_INVALID_ARG_TYPE");
    await expectRejection(open({ here: null }), "TypeError", "ERR_INVALID_ARG_TYPE");
    await expectRejection(open({ onAbsent: "fail" }), "TypeError", "ERR_INVALID_ARG_VALUE");
    await expectRejection(open({}), "SystemError", "ECONNREFUSED");
    using responder = Responder.createOrOpen("sums", SERVICES.structs);
    await expectRejection(open({}), "CorruptSegmentError", "ERR_CORRUPT_SEGMENT");
    expect(responder.name).toBe("sums");
  });
});
