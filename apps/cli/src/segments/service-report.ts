/**
 * A service as a person reads it.
 *
 * @module
 */
import type { ServiceInfo } from "@isthmus/ipc";
import { formatCount, formatCountOf, formatShare, formatSize } from "../output/format.ts";
import type { Style } from "../output/style.ts";
import type { Alignment } from "../output/table.ts";
import { activityText, participantText } from "./channel-report.ts";

/** Headings of the table of requesters. */
export const REQUESTER_HEADINGS: readonly string[] = [
  "LANE",
  "REQUESTER",
  "REQUESTS",
  "REPLIES",
  "ERRORS",
  "TIMEOUTS",
  "LATE",
  "QUEUED",
  "UNANSWERED",
  "FILL",
  "LAST SENT",
];

const MODE_TEXTS = { fixed: "structs", bytes: "bytes", json: "JSON" } as const;

/** How its columns stand. */
export const REQUESTER_ALIGNMENTS: readonly Alignment[] = REQUESTER_HEADINGS.map((_, index) =>
  index === 1 ? "left" : "right",
);

/** What is to be said of the service as a whole, as pairs. */
export function serviceRows(service: ServiceInfo, nowMs: number, style: Style): string[][] {
  const { requests, replies } = service;
  return [
    ["requests are", MODE_TEXTS[service.requestMode]],
    ["responses are", MODE_TEXTS[service.responseMode]],
    [
      "capacity",
      `${formatSize(service.requestCapacityBytes)} and ${formatSize(service.replyCapacityBytes)} for each of ${formatCountOf(service.maxRequesters, "requester")}`,
    ],
    ["requests", `${formatCount(requests)}, ${formatSize(service.requestBytes)}`],
    ["replies", `${formatCount(replies)}, ${formatSize(service.replyBytes)}`],
    [
      "pending",
      `${formatCount(service.pending)} (${formatCount(service.queued)} not taken, ${formatCount(service.unanswered)} not answered)`,
    ],
    ["errors", formatCount(service.errors)],
    [
      "timeouts",
      `${formatCount(service.timeouts)}, ${formatCount(service.lateReplies)} answered too late`,
    ],
    [
      "skipped",
      `${formatCountOf(service.skippedRequests, "request")}, ${formatCount(service.droppedReplies)} answers for nobody`,
    ],
    [
      "waits",
      `${formatCount(service.waits)} of requesters, ${formatCount(service.replyWaits)} of replies for room`,
    ],
    [
      "wake-ups",
      `${formatCount(service.responderWakes)} of the responder, ${formatCount(service.requesterWakes)} of requesters`,
    ],
    ["responder", responderText(service, nowMs, style)],
    ["corruptions", formatCount(service.corruptions)],
  ];
}

/** The rows of the table of requesters. */
export function requesterRows(
  { requesters }: ServiceInfo,
  nowMs: number,
  style: Style,
): string[][] {
  return requesters.map((one) => [
    String(one.lane),
    participantText(one.requester, style, one.state),
    formatCount(one.requests),
    formatCount(one.replies),
    formatCount(one.errors),
    formatCount(one.timeouts),
    formatCount(one.lateReplies),
    formatCount(one.queued),
    formatCount(one.unanswered),
    formatShare(one.fill, 1),
    activityText(one.lastActivityMs, nowMs),
  ]);
}

function responderText({ responder }: ServiceInfo, nowMs: number, style: Style): string {
  const { participant, state, terms, lastActivityMs } = responder;
  if (participant === undefined) return `nobody, ${formatCount(terms)} before`;
  const answered = activityText(lastActivityMs, nowMs);
  return `${participantText(participant, style, state)}, number ${formatCount(terms)}, last answered ${answered}`;
}
