/** What a producer sees of its consumer. */
import { expect, test } from "bun:test";
import { Home } from "@isthmus/testing/home";
import { Consumer, Producer } from "../../src/index.ts";
import { member } from "../flow/support/member.ts";
import { Numbered, numbered } from "../flow/support/numbered.ts";

test("ProducerMetrics.consumer tells a consumer that left from one that died", async () => {
  using _home = new Home();
  await using stack = new AsyncDisposableStack();
  using producer = Producer.createOrOpen("state", { schema: Numbered });
  expect(producer.metrics.consumer).toBe("none");
  {
    using _consumer = Consumer.openExisting("state", { schema: Numbered });
    expect(producer.metrics.consumer).toBe("alive");
  }
  expect(producer.metrics).toMatchObject({ consumer: "none", consumerDepartures: 1 });
  const victim = member(stack);
  await victim.call("consume", "state");
  expect(producer.metrics.consumer).toBe("alive");
  await victim.kill();
  expect(producer.metrics.consumer).toBe("dead");
  // Whoever comes clears up after the dead.
  using _other = Producer.openExisting("state", { schema: Numbered });
  expect(producer.metrics).toMatchObject({ consumer: "none", consumerDepartures: 1 });
});

test("ProducerMetrics.consumedPosition follows position", () => {
  using _home = new Home();
  using producer = Producer.createOrOpen("position", { schema: Numbered });
  using consumer = Consumer.openExisting("position", { schema: Numbered });
  for (let number = 0; number < 5; number++) producer.send(numbered(0, number));
  producer.flush();
  expect(producer.metrics).toMatchObject({ position: 5, consumedPosition: 0 });
  expect(consumer.poll(() => undefined, { limit: 3 })).toBe(3);
  expect(producer.metrics).toMatchObject({ position: 5, consumedPosition: 3, lag: 2 });
  expect(consumer.poll(() => undefined)).toBe(2);
  expect(producer.metrics).toMatchObject({ position: 5, consumedPosition: 5 });
});
