/**
 * A service as a person reads it.
 *
 * @module
 */
import { FIGURES, type ServiceInfo, type ServiceRequesterInfo } from "@isthmus/ipc";
import { formatCount, formatCountOf, formatSize } from "../output/format.ts";
import type { Style } from "../output/style.ts";
import { latencyRows, participantText } from "./channel-report.ts";
import type { FigureColumns } from "./figure-table.ts";
import { activityText } from "./segment-text.ts";

/** The table of requesters. */
export const REQUESTER_COLUMNS: FigureColumns<ServiceRequesterInfo> = {
  leads: {
    LANE: ({ lane }) => String(lane),
    REQUESTER: ({ requester, state }, style) => participantText(requester, style, state),
  },
  tables: [FIGURES.service.flow, FIGURES.service.requester],
  headings: {
    requests: "REQUESTS",
    requestBytes: undefined,
    replies: "REPLIES",
    replyBytes: undefined,
    errors: "ERRORS",
    timeouts: "TIMEOUTS",
    lateReplies: "LATE",
    droppedReplies: undefined,
    skippedRequests: undefined,
    waits: undefined,
    replyWaits: undefined,
    corruptions: undefined,
    queued: "QUEUED",
    unanswered: "UNANSWERED",
    fill: "FILL",
    lastActivityMs: "LAST SENT",
  },
};

const MODE_TEXTS = { fixed: "structs", bytes: "bytes", json: "JSON" } as const;

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
    ...latencyRows(service.latency),
  ];
}

function responderText({ responder }: ServiceInfo, nowMs: number, style: Style): string {
  const { participant, state, terms, lastActivityMs } = responder;
  if (participant === undefined) return `nobody, ${formatCount(terms)} before`;
  const answered = activityText(lastActivityMs, nowMs);
  return `${participantText(participant, style, state)}, number ${formatCount(terms)}, last answered ${answered}`;
}
