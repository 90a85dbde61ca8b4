/** Requests and replies, `service/`: each gets its own answer or a reason, and is handled once at most. */
import { afterAll, beforeAll, describe, spyOn, test } from "bun:test";
import { expectSound } from "./checker/expectations.ts";
import { testSeeded } from "./checker/seeded.ts";
import {
  loadService,
  SERVICE_ENTRY,
  SERVICE_STAND_INS,
  type ServiceCast,
  type ServiceSource,
  service,
} from "./models/service.ts";
import { BUGS } from "./mutants/service.ts";

const source = await loadService();

/** More than any time that the source waits before it looks at a lock. */
const TICK_MS = 100;

/** A second one takes many seconds and finds none of the bugs that one does not: `bun run test:models`. */
const PREEMPTIONS = process.env["ISTHMUS_WHOLE_MODELS"] === "1" ? 2 : 1;

let clockMs = 0;
beforeAll(() => {
  // All requesters begin to count with the same number, and time passes: every look asks whether the responder lives.
  spyOn(Math, "random").mockReturnValue(7 / 2 ** 32);
  spyOn(performance, "now").mockImplementation(() => {
    clockMs += TICK_MS;
    return clockMs;
  });
});
afterAll(() => {
  spyOn(Math, "random").mockRestore();
  spyOn(performance, "now").mockRestore();
});

const PLAIN: ServiceCast = { asks: "waits", answers: "answers", hasNext: true };
const INHERITED: ServiceCast = { asks: "waits", hasHeir: true, answers: "answers" };
const IMPATIENT: ServiceCast = { asks: "gives up once", answers: "answers" };
const LEFT: ServiceCast = { asks: "waits", answers: "leaves", hasNext: true };

describe("requests and replies", () => {
  test("each gets its answer", () => {
    expectSound(service(source, PLAIN), {}, 100);
  });

  test("whichever end dies at whatever step, a request is answered rightly, or rejected, and handled once", () => {
    expectSound(service(source, PLAIN), { crashes: 1, preemptions: PREEMPTIONS }, 5e3);
  });

  test("the next owner of a lane gets none of the last one's replies", () => {
    expectSound(service(source, INHERITED), { crashes: 1 }, 1e4);
  });

  test("a request that was given up does no harm to the next, whoever dies", () => {
    expectSound(service(source, IMPATIENT), { crashes: 1, preemptions: PREEMPTIONS }, 5e3);
  });

  test("a responder that leaves answers nothing later, and the next one none of its requests", () => {
    expectSound(service(source, LEFT), {}, 1e4);
  });

  test("in the order of ARM64", () => {
    expectSound(service(source, PLAIN), { order: "weak" }, 100);
  });

  testSeeded<ServiceSource>(
    BUGS,
    SERVICE_ENTRY,
    // Those first that find most of them soonest.
    (mutant) => [
      [service(mutant, INHERITED), { crashes: 1, preemptions: 1 }],
      [service(mutant, LEFT), { preemptions: 1 }],
      [service(mutant, PLAIN), { crashes: 1, preemptions: 1 }],
      [service(mutant, LEFT), {}],
    ],
    SERVICE_STAND_INS,
  );
});
