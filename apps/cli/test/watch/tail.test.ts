import { describe, expect, test } from "bun:test";
import { Scene } from "../segments/support.ts";
import { runCliInShell } from "../support/run-cli.ts";
import { LiveCommand } from "./live-command.ts";

describe("isthmus tail", () => {
  test("--from-start prints what the channel holds: as text, as JSON, as bytes", async () => {
    await using scene = new Scene();
    await scene.start("producer orders", "send orders 3");
    const args = ["tail", "--from-start", "--count", "3"];
    const text = await scene.run(...args, "orders");
    expect(text).toEqual({
      stdout: '0:0 8 B  "000000"\n0:2 8 B  "000001"\n0:4 8 B  "000002"\n',
      stderr: "",
      exitCode: 0,
    });
    expect(await scene.json(...args, "orders")).toEqual(
      [0, 1, 2].map((id) => ({
        channel: "orders",
        lane: 0,
        position: 2 * id,
        bytes: 8,
        record: `00000${id}`,
      })),
    );
    const hex = await scene.run("tail", "--from-start", "--count=1", "--hex", "orders");
    expect(hex.stdout).toBe(
      '0:0 8 B\n00000000  22 30 30 30 30 30 30 22                           |"000000"|\n00000008\n',
    );
  });

  test("prints what passes, takes nothing, and ends when the channel is gone", async () => {
    await using scene = new Scene();
    const holder = await scene.start("producer orders", "consumer orders");
    await using tail = new LiveCommand(scene.places.env, "tail", "--json", "orders");
    // Sent again and again until the command has begun to look.
    const first = tail.line();
    let isSeen = false;
    void first.then(() => {
      isSeen = true;
    });
    while (!isSeen) {
      await holder.tell("send orders 1");
      await holder.tell("poll orders 1");
    }
    expect(JSON.parse((await first) as string)).toMatchObject({ record: "000000" });
    await holder.tell("send orders 100");
    await tail.until(({ record }) => record === "000099");
    const [state] = await scene.json("inspect", "orders");
    expect(state).toMatchObject({ participants_live: 2, channel: { lag: 100 } });
    await holder.tell("leave orders");
    // The command did not keep the name alive.
    expect(scene.files()).toEqual([]);
    expect(await tail.end()).toBe(0);
  });

  test("ends with 130 at Ctrl-C", async () => {
    await using scene = new Scene();
    await scene.start("producer orders", "send orders 1");
    await using tail = new LiveCommand(scene.places.env, "tail", "--from-start", "orders");
    expect(await tail.line()).toContain('"000000"');
    tail.signal("SIGINT");
    expect(await tail.end()).toBe(130);
    expect(await tail.errors()).toBe("isthmus: interrupted\n");
  });

  test("ends quietly with 0 when the reader of its output has had enough", async () => {
    await using scene = new Scene();
    await scene.start("producer orders", "send orders 200");
    const line = '"$BUN" "$MAIN" tail --from-start orders | head -n 1';
    const { stdout, stderr } = await runCliInShell(line, { env: scene.places.env });
    expect({ stdout, stderr }).toEqual({ stdout: '0:0 8 B  "000000"\n', stderr: "" });
  });

  test("ends with 3 for a name that is not there, with 1 for what is no channel", async () => {
    await using scene = new Scene();
    await scene.start("mutex lock");
    expect(await scene.run("tail", "missing")).toEqual({
      stdout: "",
      stderr: 'isthmus: Nothing has the name "missing"; see isthmus ls\n',
      exitCode: 3,
    });
    const other = await scene.run("tail", "lock");
    expect(other.stderr).toContain(
      'Cannot follow "lock": its kind must be one of channel, topic, service, queue: found mutex',
    );
    expect(other.exitCode).toBe(1);
    for (const args of [[], ["--count", "0", "lock"], ["--count", "x", "lock"]]) {
      const { stdout, exitCode } = await scene.run("tail", ...args);
      expect({ args, stdout, exitCode }).toEqual({ args, stdout: "", exitCode: 2 });
    }
  });
});
