/**
 * The two sides of a service without the classes in front of them, so that one side can have a mistake in it.
 *
 * @module
 */
import { claimLane } from "../../../src/flow/lane-claim.ts";
import { type JsonSchema, json } from "../../../src/index.ts";
import type { AnswerLane } from "../../../src/service/answer-lane.ts";
import type { RequestLane } from "../../../src/service/request-lane.ts";
import { Service } from "../../../src/service/service.ts";

/** Schemas of the service. */
export const JSONS: { readonly request: JsonSchema; readonly response: JsonSchema } = {
  request: json,
  response: json,
};

/** A requester made of a class that may be a mutant. */
export class LaneRequester implements Disposable {
  readonly lane: RequestLane;
  readonly #service: Service;

  constructor(name: string, laneClass: typeof RequestLane, options: object = JSONS) {
    const shape = { ...JSONS, ...options };
    this.#service = new Service("openExisting", name, shape, "requester");
    const wanted = { role: "requester", verb: "ask", limitName: "maxRequesters" } as const;
    const lane = claimLane(this.#service, { ...wanted, isEmpty: () => true });
    this.lane = new laneClass(this.#service, lane, false);
  }

  [Symbol.dispose](): void {
    this.lane.close();
    this.#service.leave();
  }
}

/** One lane of a responder made of a class that may be a mutant. It takes nobody's place. */
export class LaneResponder implements Disposable {
  readonly lane: AnswerLane;
  readonly #service: Service;

  constructor(name: string, laneClass: typeof AnswerLane, term?: number) {
    this.#service = new Service("openExisting", name, JSONS, "responder");
    this.lane = new laneClass(this.#service, 0, term ?? this.#service.serving);
  }

  /** What the requests that it would handle ask. */
  taken(): unknown[] {
    const all: unknown[] = [];
    while (this.lane.take()) all.push(this.lane.reader.decode());
    return all;
  }

  [Symbol.dispose](): void {
    this.lane.writer.close();
    this.#service.leave();
  }
}
