/** What an observer sees of services whose participants live, stand still and die. */
import { describe, expect, test } from "bun:test";
import { Home } from "@isthmus/testing/home";
import { ifSignals } from "@isthmus/testing/requirement";
import {
  observe,
  type RequesterMetrics,
  type ResponderMetrics,
  ratesBetween,
  SegmentObserver,
  type SegmentSample,
  type ServiceInfo,
} from "../../src/index.ts";
import { participant } from "../service/support/participant.ts";

function serviceOf(name: string): ServiceInfo {
  const { service } = observe(name);
  if (service === undefined) throw new Error("no service");
  return service;
}

/** What both ends tell about one lane, as an observer names it. */
function expected(asking: RequesterMetrics, answering: ResponderMetrics | undefined): object {
  const lane = answering?.lanes.find((one) => one.lane === asking.lane);
  return {
    lane: asking.lane,
    requests: asking.requests,
    replies: asking.replies,
    errors: asking.errors,
    timeouts: asking.timeouts,
    lateReplies: asking.droppedReplies,
    waits: asking.waits,
    lastActivityMs: asking.lastActivityMs,
    ...(lane && {
      skippedRequests: lane.skippedRequests,
      droppedReplies: lane.droppedReplies,
      replyWaits: lane.waits,
    }),
  };
}

describe("observe() of a service", () => {
  test("shows what its participants count themselves, also after all of them were killed", async () => {
    using _home = new Home();
    await using stack = new AsyncDisposableStack();
    const [responder, first, second] = [participant(stack), participant(stack), participant(stack)];
    await responder.call("openResponder", "seen");
    await first.call("openRequester", "seen");
    await second.call("openRequester", "seen");
    using observer = new SegmentObserver("seen");
    await responder.call("serve", "shuffled");
    const before = observer.sample() as SegmentSample;
    expect(await first.call<object>("ask", 0, 0, 300)).toEqual({ right: 300 });
    expect(await second.call<object>("ask", 1, 0, 200)).toEqual({ right: 200 });
    const asking = [
      await first.call<RequesterMetrics>("metrics"),
      await second.call<RequesterMetrics>("metrics"),
    ];
    const answering = await responder.call<ResponderMetrics>("metrics");
    const after = observer.sample() as SegmentSample;
    const seen = serviceOf("seen");
    expect(after.service).toEqual(seen);
    expect(seen.requesters).toMatchObject(asking.map((one) => expected(one, answering)));
    expect(seen).toMatchObject({
      requestMode: "fixed",
      responseMode: "fixed",
      requests: 500,
      replies: 500,
      errors: 0,
      queued: 0,
      unanswered: 0,
      pending: 0,
      fill: 0,
      responder: { isServing: true, terms: 1, lastActivityMs: answering.lastActivityMs },
    });
    const rates = ratesBetween(before, after);
    const seconds = (rates?.elapsedMs ?? 0) / 1000;
    expect(rates?.service?.requestsPerSecond).toBeCloseTo(500 / seconds, 6);
    expect(rates?.service?.requesters.map(({ repliesPerSecond }) => repliesPerSecond)).toEqual([
      expect.closeTo(300 / seconds, 6),
      expect.closeTo(200 / seconds, 6),
    ]);
    const states = (one: ServiceInfo): unknown => [
      [one.responder.participant?.pid, one.responder.state],
      ...one.requesters.map(({ requester, state }) => [requester?.pid, state]),
    ];
    const everybody = [responder, first, second];
    expect(states(seen)).toEqual(everybody.map(({ pid }) => [pid, "live"]));
    for (const one of everybody) await one.kill();
    const left = serviceOf("seen");
    expect(states(left)).toEqual(everybody.map(({ pid }) => [pid, "dead"]));
    expect(left.requesters).toMatchObject(asking.map((one) => expected(one, answering)));
  });

  ifSignals(
    "counts requests that wait, are with a handler, ran out of time, and were answered too late",
    async () => {
      using _home = new Home();
      await using stack = new AsyncDisposableStack();
      const [responder, requester] = [participant(stack), participant(stack)];
      await responder.call("openResponder", "slow");
      await requester.call("openRequester", "slow");
      await responder.call("serve", "held");
      await requester.call("begin", 0, 0, 5, { timeoutMs: 50 });
      while ((await responder.call("handledCount")) !== 5) await Bun.sleep(5);
      await requester.call("outcome");
      const waiting = serviceOf("slow");
      expect(waiting).toMatchObject({ requests: 5, replies: 0, timeouts: 5, unanswered: 5 });
      expect(waiting.pending).toBe(5);
      await responder.call("giveHeld");
      // Who waits for nothing does not look into its ring: late answers lie there until it asks again.
      while (serviceOf("slow").unanswered !== 0) await Bun.sleep(5);
      const [lane] = serviceOf("slow").requesters;
      expect((lane?.waitingReplies ?? 0) + (lane?.replies ?? 0)).toBe(5);
      // It stands still: what is sent now is not taken, and in time that is seen.
      process.kill(responder.pid, "SIGSTOP");
      await requester.call("begin", 0, 5, 3, { timeoutMs: 50 });
      await requester.call("outcome");
      using observer = new SegmentObserver("slow");
      const still = observer.sample() as SegmentSample;
      expect(ratesBetween(still, observer.sample() as SegmentSample)?.service).toMatchObject({
        isStandingStill: true,
        requestsPerSecond: 0,
      });
      expect(serviceOf("slow")).toMatchObject({ queued: 3, pending: 3, timeouts: 8 });
      expect(serviceOf("slow")).toMatchObject({ replies: 5, lateReplies: 5, unanswered: 0 });
      while (serviceOf("slow").responder.state !== "stalled") await Bun.sleep(20);
      await responder.kill();
      const orphaned = serviceOf("slow");
      expect(orphaned).toMatchObject({ queued: 3, responder: { state: "dead" } });
      expect(orphaned.requesters.map(({ state }) => state)).toEqual(["live"]);
    },
  );
});
