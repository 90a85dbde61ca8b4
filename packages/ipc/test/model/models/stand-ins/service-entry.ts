/**
 * The source of requests and replies, as one module to be loaded beside stand-ins.
 *
 * @module
 */
export { AnswerLane } from "../../../../src/channel/service/answer-lane.ts";
export { RequestLane } from "../../../../src/channel/service/request-lane.ts";
export { Service } from "../../../../src/channel/service/service.ts";
export { takeSolePlace } from "../../../../src/channel/sole-place.ts";
