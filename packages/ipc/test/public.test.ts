/** What users import: errors, and that the same thing is said in the same way everywhere. */
import { describe, expect, expectTypeOf, test } from "bun:test";
import { join } from "node:path";
import * as core from "@isthmus/core";
import { Home } from "@isthmus/testing/home";
import { TemporaryDirectory } from "@isthmus/testing/temporary-directory";
import * as ipc from "../src/index.ts";

const { bytes, Consumer, json, Producer, Publisher, Requester, Responder, Subscriber } = ipc;

/** Most of these make the types of fields, descriptions and the names of figures. */
const CALLED_AT_IMPORT_MAX = 100;

/** The error classes that a module exports, by name. */
function errorsOf(module: object): Record<string, unknown> {
  const isError = (value: unknown): boolean =>
    typeof value === "function" && value.prototype instanceof Error;
  return Object.fromEntries(Object.entries(module).filter(([, value]) => isError(value)));
}

describe("errors", () => {
  test("those of core can be imported from here, and are the same", () => {
    expect(errorsOf(ipc)).toMatchObject(errorsOf(core));
    for (const [name, type] of Object.entries(errorsOf(core))) {
      expect(Reflect.get(ipc, name)).toBe(type);
    }
  });

  test("every class of which an error is made in the sources can be imported from here", async () => {
    const builtIn = ["Error", "TypeError", "RangeError"];
    const made = new Set<string>();
    for (const root of [`${import.meta.dir}/../src`, `${import.meta.dir}/../../core/src`]) {
      for await (const path of new Bun.Glob("**/*.ts").scan({ cwd: root, absolute: true })) {
        const text = await Bun.file(path).text();
        for (const [, name = ""] of text.matchAll(/\bnew (\w*Error)\(/g)) made.add(name);
        for (const [, name = ""] of text.matchAll(/\bclass (\w+) extends \w*Error\b/g))
          made.add(name);
      }
    }
    expect(made.size).toBeGreaterThan(5);
    const missing = [...made].filter((name) => !builtIn.includes(name) && !(name in ipc));
    expect(missing).toEqual([]);
  });
});

test("importing the library loads no module of the runtime that takes milliseconds", async () => {
  const cheap = ["node:buffer", "node:fs", "node:os", "node:path"];
  const loaded = new Set<string>();
  for (const root of [`${import.meta.dir}/../src`, `${import.meta.dir}/../../core/src`]) {
    for await (const path of new Bun.Glob("**/*.ts").scan({ cwd: root, absolute: true })) {
      const { imports } = new Bun.Transpiler({ loader: "ts" }).scan(await Bun.file(path).text());
      for (const found of imports) if (found.path.startsWith("node:")) loaded.add(found.path);
    }
  }
  expect([...loaded].sort()).toEqual(cheap);
});

test("importing the library calls nothing that could wait", async () => {
  using directory = new TemporaryDirectory();
  const entries = ["../src", "../../core/src"].flatMap((source) => [
    join(import.meta.dir, source, "index.ts"),
    join(import.meta.dir, source, "internal.ts"),
  ]);
  const all = entries.map((path, i) => `export * as all${i} from ${JSON.stringify(path)};\n`);
  const { outputs } = await Bun.build({
    entrypoints: [directory.file("library.ts", all.join(""))],
    target: "bun",
    outdir: directory.path,
  });
  const modules = 'import "node:fs"; import "node:os"; import "node:path"; require("bun:ffi");';
  const runtime = directory.file("runtime.js", modules);
  // The engine compiles a function when it is called for the first time.
  const calledBy = (program: string): number => {
    const env = { ...process.env, BUN_JSC_reportBytecodeCompileTimes: "1" };
    const { stdout, stderr } = Bun.spawnSync([process.execPath, program], { env });
    return `${stdout}${stderr}`.match(/^Compiled /gm)?.length ?? 0;
  };
  const called = calledBy(outputs[0]?.path ?? "") - calledBy(runtime);
  expect(called).toBeGreaterThan(0);
  expect(called).toBeLessThan(CALLED_AT_IMPORT_MAX);
});

describe("claim()", () => {
  type Place = Uint8Array<ArrayBuffer>;
  type Claim = (first: unknown, second: unknown) => void;
  const write = (view: Place): void => void view.fill(7);

  test("takes the length first and the callback second, wherever it is", () => {
    using _home = new Home();
    using producer = Producer.createNew("raw", { schema: bytes });
    using consumer = Consumer.openExisting("raw", { schema: bytes });
    using publisher = Publisher.createNew("raw-topic", { schema: bytes });
    using subscriber = Subscriber.openExisting("raw-topic", { schema: bytes });
    producer.claim(1, write);
    producer.claim(2, write, { timeoutMs: 1 });
    producer.batch((batch) => batch.claim(3, write));
    publisher.claim(1, write);
    publisher.claim(2, write, { timeoutMs: 1 });
    publisher.batch((batch) => batch.claim(3, write));
    // And the other way round, as batches once took them.
    for (const sender of [producer, publisher]) {
      (sender.claim as Claim).call(sender, write, 4);
      sender.batch((batch) => (batch.claim as Claim).call(batch, write, 5));
    }
    for (const end of [consumer, subscriber]) {
      const lengths: number[] = [];
      end.poll((view) => lengths.push(view.every((byte) => byte === 7) ? view.length : -1));
      expect(lengths).toEqual([1, 2, 3, 4, 5]);
    }
  });

  test("without a length or a callback is refused in the same words", () => {
    using _home = new Home();
    using producer = Producer.createNew("raw", { schema: bytes });
    using publisher = Publisher.createNew("raw-topic", { schema: bytes });
    for (const sender of [producer, publisher]) {
      const inBatch = (call: (batch: { claim: Claim }) => void) => () =>
        sender.batch((batch) => call(batch as { claim: Claim }));
      const claim = sender.claim.bind(sender) as Claim;
      for (const none of [undefined, null, 5, {}]) {
        const noCallback = /"write" argument must be a function/;
        expect(() => claim(3, none)).toThrow(noCallback);
        expect(inBatch((batch) => batch.claim(3, none))).toThrow(noCallback);
      }
      const noLength = /"lengthBytes" argument must be a number/;
      expect(() => claim(write, undefined)).toThrow(noLength);
      expect(inBatch((batch) => batch.claim(write, undefined))).toThrow(noLength);
    }
  });
});

describe("json", () => {
  interface Order {
    readonly id: number;
    readonly tags: string[];
  }

  test("can be given a type, and is the same schema as without", () => {
    using _home = new Home();
    using producer = Producer.createNew("orders", { schema: json<Order>() });
    using consumer = Consumer.openExisting("orders", { schema: json });
    producer.send({ id: 1, tags: ["a"] });
    expect(consumer.receive()).toEqual({ id: 1, tags: ["a"] });
    expect(producer.schema as unknown).toBe(consumer.schema);
    expect(json.kind).toBe("json");
    expect(Object.isFrozen(json)).toBe(true);
  });

  test("types records, requests and responses", () => {
    using _home = new Home();
    using producer = Producer.createNew("orders", { schema: json<Order>() });
    using consumer = Consumer.openExisting("orders", { schema: json<Order>() });
    producer.send({ id: 1, tags: [] });
    expectTypeOf<Parameters<typeof producer.send>[0]>().toEqualTypeOf<Order>();
    expectTypeOf(consumer.receive()).toEqualTypeOf<Order>();
    const schemas = { request: json<Order>(), response: json<string[]>() };
    using responder = Responder.createNew("service", schemas);
    using requester = Requester.openExisting("service", schemas);
    expectTypeOf<Parameters<typeof requester.request>[0]>().toEqualTypeOf<Order>();
    expectTypeOf<ReturnType<typeof requester.requestSync>>().toEqualTypeOf<string[]>();
    responder.poll((order) => order.tags);
    using loose = Subscriber.createOrOpen("loose", { schema: json });
    using sender = Publisher.openExisting("loose", { schema: json });
    expectTypeOf<Parameters<typeof sender.send>[0]>().toEqualTypeOf<unknown>();
    sender.send("anything");
    expectTypeOf<ReturnType<typeof loose.receive>>().toBeAny();
    // @ts-expect-error: not an order
    producer.send({ id: "1" });
  });
});
