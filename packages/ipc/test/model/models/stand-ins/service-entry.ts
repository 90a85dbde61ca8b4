/**
 * The source of requests and replies, as one module to be loaded beside stand-ins.
 *
 * @module
 */

export { takeSolePlace } from "../../../../src/flow/sole-place.ts";
export { AnswerLane } from "../../../../src/service/answer-lane.ts";
export { RequestLane } from "../../../../src/service/request-lane.ts";
export { Service } from "../../../../src/service/service.ts";
