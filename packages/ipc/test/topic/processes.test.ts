/** Publishers and subscribers in processes of their own: everything seen or counted, crashes and stops on either side. */
import { expect, test } from "bun:test";
import { Home } from "@isthmus/testing/home";
import { ifSignals } from "@isthmus/testing/requirement";
import { untilStopped } from "@isthmus/testing/until-stopped";
import { observe, Publisher } from "../../src/index.ts";
import { member, type Report, subscribed } from "../flow/support/member.ts";
import { Numbered, numbered } from "../flow/support/numbered.ts";

/** A ring of 1024 records, so that everybody meets its ends often. */
const SMALL = { capacityBytes: 64 * 1024 };
const SOUND = { torn: 0, repeats: 0, corruptions: 0 };

test("Subscriber: gated, lapped and late ones account for every record of two publishers", async () => {
  using _home = new Home();
  await using stack = new AsyncDisposableStack();
  const count = 100_000;
  const last = { 0: count - 1, 1: count - 1 };
  const first = member(stack);
  await first.call("publish", "topic", SMALL);
  const gated = await subscribed(stack, "topic", {});
  const loop = await subscribed(stack, "topic", { onSlow: "gate" });
  const lapped = await subscribed(stack, "topic", { onSlow: "lap" });
  await gated.call("poll", last);
  await loop.call("follow", last);
  await lapped.call("poll", last);
  const second = member(stack);
  await second.call("publish", "topic");
  const [late, old] = [member(stack), member(stack)];
  await first.call("stream", 0, count / 2);
  await second.call("stream", 1, count / 2);
  // In the middle of it; the second half comes when both have certainly joined.
  await late.call("subscribe", "topic");
  await old.call("subscribe", "topic", { from: "history" });
  await late.call("poll", last, { isLate: true });
  await old.call("poll", last, { isLate: true });
  await Promise.all([first.answer(), second.answer()]);
  await first.call("stream", 0, count, count / 2);
  await second.call("stream", 1, count, count / 2);
  await Promise.all([first.answer(), second.answer()]);

  const whole = { records: 2 * count, gaps: 0, next: { 0: count, 1: count } };
  for (const one of [gated, loop]) {
    const report = await one.answer<Report>();
    expect(report).toMatchObject({ ...SOUND, ...whole, lost: 0, laps: 0, lag: 0 });
  }
  const report = await lapped.answer<Report>();
  expect(report).toMatchObject({ ...SOUND, next: whole.next, gaps: report.lost });
  expect(report.records + report.lost).toBe(2 * count);
  expect([report.told, report.counted]).toEqual([report.lost, report.records]);
  for (const one of [late, old]) {
    expect(await one.answer<Report>()).toMatchObject({ ...SOUND, gaps: 0, next: whole.next });
  }
});

for (const way of ["trySend", "send", "sendAsync"] as const) {
  test(`Publisher.${way}: a gating subscriber that is killed is not waited for`, async () => {
    using _home = new Home();
    await using stack = new AsyncDisposableStack();
    using publisher = Publisher.createOrOpen("dead", { schema: Numbered, ...SMALL });
    const subscriber = await subscribed(stack, "dead", {});
    for (let i = 0; i < 1024; i++) publisher.send(numbered(0, i));
    publisher.flush();
    await subscriber.call("hangInPoll");
    expect(publisher.trySend(numbered(0, 1024))).toBe(false);
    expect(publisher.metrics.subscribers).toMatchObject([
      { pid: subscriber.pid, onSlow: "gate", lag: 1024 },
    ]);
    if (way === "trySend") {
      await subscriber.kill();
      expect(publisher.trySend(numbered(0, 1024))).toBe(true);
    } else if (way === "send") {
      const options = { timeoutMs: 200_000 };
      const killed = subscriber.kill();
      publisher.send(numbered(0, 1024), options);
      await killed;
    } else {
      const sent = publisher.sendAsync(numbered(0, 1024), { timeoutMs: 200_000 });
      await subscriber.kill();
      await sent;
    }
    for (let i = 0; i < 5000; i++) expect(publisher.trySend(numbered(0, i))).toBe(true);
    expect(publisher.metrics.subscribers).toEqual([]);
  });
}

test("Publisher.sendAsync: the liveness pipe of a gating subscriber that is killed tells so", async () => {
  using _home = new Home();
  // On a busy machine the look that is taken once a second can come first: not every time.
  for (let round = 0; ; round++) {
    await using stack = new AsyncDisposableStack();
    const name = `life-${round}`;
    using publisher = Publisher.createOrOpen(name, { schema: Numbered, ...SMALL });
    const subscriber = await subscribed(stack, name, {});
    for (let i = 0; i < 1024; i++) publisher.send(numbered(0, i));
    const sent = publisher.sendAsync(numbered(0, 1024), { timeoutMs: 200_000 });
    await subscriber.kill();
    await sent;
    const foundByTime = observe(name).cells[1]?.timeoutWakes;
    if (foundByTime === 0) break;
    expect(round).toBeLessThan(4);
  }
});

ifSignals(
  "Subscriber: stopped, a gating one is waited for and a lapped one is told exactly what it lost",
  async () => {
    using _home = new Home();
    await using stack = new AsyncDisposableStack();
    using publisher = Publisher.createOrOpen("stopped", { schema: Numbered, ...SMALL });
    const gated = await subscribed(stack, "stopped", {});
    const lapped = await subscribed(stack, "stopped", { onSlow: "lap" });
    const last = 49_999;
    await gated.call("poll", { 0: last });
    await lapped.call("poll", { 0: last });
    const options = { timeoutMs: 200_000 };
    let next = 0;
    const send = (until: number): void => {
      for (; next < until; next++) publisher.send(numbered(0, next), options);
      publisher.flush();
    };
    send(10_000);
    lapped.signal("SIGSTOP");
    await untilStopped(lapped.pid);
    send(40_000);
    gated.signal("SIGSTOP");
    await untilStopped(gated.pid);
    let more = 0;
    while (publisher.trySend(numbered(0, next))) {
      next++;
      more++;
    }
    expect(more).toBeLessThanOrEqual(1024);
    // However long it is stopped: nobody decides by time that it is dead.
    expect(publisher.trySend(numbered(0, next))).toBe(false);
    gated.signal("SIGCONT");
    send(last + 1);
    lapped.signal("SIGCONT");
    const whole = await gated.answer<Report>();
    expect(whole).toMatchObject({ ...SOUND, records: last + 1, gaps: 0, lost: 0 });
    const part = await lapped.answer<Report>();
    expect(part).toMatchObject({ ...SOUND, gaps: part.lost, told: part.lost });
    expect(part.records + part.lost).toBe(last + 1);
    expect(part.lost).toBeGreaterThan(20_000);
  },
);

test("Subscriber: killed and followed by others, publishers and the others go on", async () => {
  using _home = new Home();
  await using stack = new AsyncDisposableStack();
  const publisher = member(stack);
  await publisher.call("publish", "storm", SMALL);
  const witness = await subscribed(stack, "storm", {});
  const last = 199_999;
  await witness.call("poll", { 0: last });
  await publisher.call("stream", 0, last + 1);
  for (let round = 0; round < 6; round++) {
    const victim = await subscribed(stack, "storm", {
      onSlow: round % 3 === 2 ? "lap" : "gate",
      from: round % 2 === 0 ? "now" : "history",
    });
    victim.send("poll", { 0: Number.MAX_SAFE_INTEGER }, { isLate: true });
    await victim.answer();
    await victim.kill();
  }
  await publisher.answer();
  expect(await witness.answer<Report>()).toMatchObject({
    ...SOUND,
    records: last + 1,
    gaps: 0,
    lost: 0,
  });
});
