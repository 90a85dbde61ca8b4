/** Web sockets of several processes hear each other: each message once. */
import { describe, expect, test } from "bun:test";
import { appendFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { bytes, Publisher } from "@isthmus/ipc";
import { expectCode } from "@isthmus/testing/expect-code";
import { Home } from "@isthmus/testing/home";
import { linesOf } from "@isthmus/testing/lines-of";
import { ifSharedPorts } from "@isthmus/testing/requirement";
import { TemporaryDirectory } from "@isthmus/testing/temporary-directory";
import { type BroadcastOptions, broadcast } from "../../src/index.ts";
import { Servers } from "../support/servers.ts";

/** What a server would have sent. */
class FakeServer {
  readonly sent: unknown[][] = [];
  #waiting: (() => void) | undefined;

  publish(topic: string, data: unknown, compress?: boolean): number {
    const copy = data instanceof Uint8Array ? [...data] : data;
    this.sent.push([topic, copy, compress]);
    this.#waiting?.();
    return 7;
  }

  async until(count: number): Promise<void> {
    while (this.sent.length < count) {
      await new Promise<void>((resolve) => {
        this.#waiting = resolve;
      });
    }
  }
}

/** A web socket that notes what it hears. */
class Client {
  readonly heard: string[] = [];
  readonly socket: WebSocket;
  pid = 0;
  #check = (): void => {};

  constructor(port: string) {
    this.socket = new WebSocket(`ws://127.0.0.1:${port}/`);
    this.socket.binaryType = "arraybuffer";
    this.socket.onmessage = ({ data }) => {
      if (typeof data === "string" && data.startsWith("pid ")) this.pid = Number(data.slice(4));
      else this.heard.push(typeof data === "string" ? data : `bytes ${new Uint8Array(data)}`);
      this.#check();
    };
  }

  until(condition: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      this.#check = () => void (condition() && resolve());
      this.#check();
    });
  }
}

describe("broadcast()", () => {
  test("publishes here at once, there as it was, and nothing twice", async () => {
    using home = new Home();
    const [here, there] = [new FakeServer(), new FakeServer()];
    {
      using one = broadcast(here, "chat");
      using two = broadcast(there, "chat");
      expect(one.publish("rööm", "häy")).toBe(7);
      one.publish("b", new Uint8Array([1, 2, 3]).subarray(1), true);
      one.publish("b", new Float64Array([0]).buffer);
      one.publish("empty", "");
      expect(here.sent).toHaveLength(4);
      await there.until(4);
      two.publish("back", "1");
      await here.until(5);
      expect(there.sent).toEqual([
        ["rööm", "häy", false],
        ["b", [2, 3], true],
        ["b", [0, 0, 0, 0, 0, 0, 0, 0], false],
        ["empty", "", false],
        ["back", "1", false],
      ]);
      expect(here.sent.at(-1)).toEqual(["back", "1", false]);
      expect([one.metrics, two.metrics]).toEqual([
        { sent: 4, received: 1, lost: 0 },
        { sent: 1, received: 4, lost: 0 },
      ]);
      const socket = new FakeServer();
      one.publishFrom(socket, "others", "x");
      await there.until(6);
      expect([socket.sent.length, here.sent.length]).toEqual([1, 5]);
    }
    expect(home.names()).toEqual([]);
  });

  test("waits for nobody: who is slow is told how much it lost", async () => {
    using _home = new Home();
    const there = new FakeServer();
    let told = 0;
    using one = broadcast(new FakeServer(), "chat", { capacityBytes: 4096 });
    using two = broadcast(there, "chat", {
      onLapped: ({ lost }) => {
        told += lost;
      },
    });
    for (let i = 0; i < 500; i++) one.publish("room", `${i}`.padStart(40));
    while (there.sent.at(-1)?.[1] !== "499".padStart(40)) await there.until(there.sent.length + 1);
    expect(told).toBeGreaterThan(300);
    expect([two.metrics.lost, there.sent.length + told]).toEqual([told, 500]);
  });

  test("leaves out what is no message", async () => {
    using _home = new Home();
    const there = new FakeServer();
    using one = broadcast(new FakeServer(), "chat");
    using _two = broadcast(there, "chat");
    using stranger = Publisher.openExisting("chat", { schema: bytes });
    stranger.send(new Uint8Array(3));
    stranger.send(new Uint8Array(40).fill(255));
    stranger.send(new Uint8Array(40));
    stranger.flush();
    one.publish("room", "good");
    await there.until(1);
    expect(there.sent).toEqual([["room", "good", false]]);
  });

  test("has the errors of all named things", async () => {
    using _home = new Home();
    const server = new FakeServer();
    const open = (options: unknown) => () => broadcast(server, "chat", options as BroadcastOptions);
    // As a server of Node.js.
    const { message } = expectCode(
      () => broadcast({ listen: () => {} } as never, "chat"),
      "TypeError",
      "ERR_INVALID_ARG_TYPE",
    );
    expect(message).toStartWith(
      'The "server" argument must be an object with a method publish(topic, data, compress), as what Bun.serve returns: ',
    );
    expectCode(open({ maxProcesses: 0 }), "RangeError", "ERR_OUT_OF_RANGE");
    expectCode(open({ size: 1 }), "TypeError", "ERR_INVALID_ARG_VALUE");
    using one = broadcast(server, "chat", { capacityBytes: 1024, maxProcesses: 1 });
    const full = expectCode(open({}), "SystemError", "EAGAIN");
    expect(full.message).toContain("create it with a higher maxProcesses:");
    expect(full.message).not.toMatch(/maxPublishers|maxSubscribers/);
    expectCode(() => one.publish(1 as never, ""), "TypeError", "ERR_INVALID_ARG_TYPE");
    expectCode(() => one.publish("", "x"), "RangeError", "ERR_OUT_OF_RANGE");
    expectCode(() => one.publish("a", 1 as never), "TypeError", "ERR_INVALID_ARG_TYPE");
    const socket = { send: () => {} } as never;
    expectCode(() => one.publishFrom(socket, "a", "x"), "TypeError", "ERR_INVALID_ARG_TYPE");
    // Who throws has sent to nobody.
    expect([server.sent, one.metrics.sent]).toEqual([[], 0]);
    one.dispose();
    await one.closed;
    expectCode(() => one.publish("room", ""), "DisposedError", "ERR_DISPOSED");
  });

  test("sends what has messageBytesMax with its topic, and says what is longer", async () => {
    using _home = new Home();
    const there = new FakeServer();
    using one = broadcast(new FakeServer(), "chat", { capacityBytes: 1024 });
    using two = broadcast(there, "chat", { capacityBytes: 2 ** 20 });
    const { messageBytesMax } = one;
    expect([messageBytesMax, two.messageBytesMax]).toEqual([messageBytesMax, messageBytesMax]);
    expect(messageBytesMax).toBeWithin(400, 512);
    // The umlaut has two bytes.
    const longest = "x".repeat(messageBytesMax - 5);
    one.publish("rööm", `${longest.slice(1)}`);
    await there.until(1);
    expect(there.sent).toEqual([["rööm", longest.slice(1), false]]);
    const { message } = expectCode(
      () => one.publish("rööm", longest),
      ...(["RangeError", "ERR_OUT_OF_RANGE"] as const),
    );
    expect(message).toContain(`"message" is out of range: it must be <= ${messageBytesMax} bytes`);
    expect(message).toEndWith(`a message of ${longest.length} bytes with a topic of 6`);
    expect(one.metrics.sent).toBe(1);
  });

  test("is over, and rejects nothing, when bun --hot has opened another one", async () => {
    using home = new Home();
    using directory = new TemporaryDirectory();
    const path = join(directory.path, "program.ts");
    const index = JSON.stringify(join(import.meta.dir, "..", "..", "src", "index.ts"));
    writeFileSync(
      path,
      `import { broadcast } from ${index};
      const state = globalThis;
      const all = broadcast({ publish: () => 0 }, "hot", { maxProcesses: 1 });
      const { before } = state;
      state.before = all;
      const end = await before?.closed.then(() => "resolved", String);
      console.log(before === undefined ? "first" : end + " " + Bun.inspect(before).includes("disposed"));
      state.clock ??= setInterval(() => {}, 1000);
      `,
    );
    await using child = Bun.spawn([process.execPath, "--hot", path], {
      cwd: directory.path,
      env: { ...process.env, ISTHMUS_DIR: home.path },
      stdout: "pipe",
      stderr: "inherit",
    });
    const lines = linesOf(child.stdout);
    expect((await lines.next()).value).toBe("first");
    for (let reloads = 0; reloads < 3; reloads++) {
      appendFileSync(path, "\n");
      expect((await lines.next()).value).toBe("resolved true");
    }
    child.kill("SIGKILL");
    await child.exited;
  });

  ifSharedPorts("the web sockets of four servers on one port get each message once", async () => {
    using home = new Home();
    const servers = await Servers.start(home, import.meta.dir, "sockets");
    const { all, port } = servers;
    const clients: Client[] = [];
    try {
      // The kernel chooses: until every server has a client, and some have two.
      while (clients.length < 8 || new Set(clients.map(({ pid }) => pid)).size < 4) {
        const client = new Client(port);
        clients.push(client);
        await client.until(() => client.pid > 0);
      }
      const senders = all.map(({ pid }) => clients.find((client) => client.pid === pid)!);
      for (const [index, { socket }] of senders.entries()) {
        for (let i = 0; i < 20; i++) socket.send(`${index}: ${i}`);
        socket.send(new Uint8Array([index]));
        socket.send(`others ${index}`);
        socket.send(`${index}: end`);
      }
      for (const client of clients) {
        await client.until(() => client.heard.filter((text) => text.endsWith("end")).length === 4);
        for (const [index, sender] of senders.entries()) {
          const own = client.heard.filter((text) => text.startsWith(`${index}: `));
          expect(own).toEqual([...Array(20).keys(), "end"].map((i) => `${index}: ${i}`));
          const count = (text: string) => client.heard.filter((one) => one === text).length;
          expect(count(`bytes ${index}`)).toBe(1);
          expect(count(`others ${index}`)).toBe(client === sender ? 0 : 1);
        }
      }
      // Who sends what cannot be sent to all loses its own web socket, and no server ends.
      const long = new Client(port);
      await long.until(() => long.pid > 0);
      const { promise, resolve } = Promise.withResolvers<void>();
      long.socket.onclose = () => resolve();
      long.socket.send("x".repeat(600_000));
      await promise;
      // A death takes its own web sockets with it and nothing else.
      await servers.kill(3);
      senders[0]?.socket.send("after");
      const left = clients.filter(({ pid }) => pid !== all[3]?.pid);
      for (const client of left) await client.until(() => client.heard.includes("after"));
    } finally {
      for (const { socket } of clients) socket.close();
      await servers[Symbol.asyncDispose]();
    }
    expect(all.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0, null]);
    expect(home.names()).toEqual([]);
  });
});
