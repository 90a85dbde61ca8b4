/**
 * Topics, services, semaphores, events and structs as a program reads them. Field names are a contract.
 *
 * @module
 */
import type {
  EventInfo,
  SemaphoreInfo,
  ServiceFlow,
  ServiceInfo,
  StructInfo,
  TopicInfo,
} from "@isthmus/ipc";
import { participantRecord } from "./channel-record.ts";

type JsonRecord = Readonly<Record<string, unknown>>;

/** The public record of a topic. */
export function topicRecord(topic: TopicInfo): JsonRecord {
  return {
    mode: topic.mode,
    record_bytes: topic.recordBytes,
    capacity_bytes: topic.capacityBytes,
    max_publishers: topic.maxPublishers,
    records: topic.records,
    bytes: topic.bytes,
    drops: topic.drops,
    full_waits: topic.fullWaits,
    lost: topic.lost,
    lag: topic.lag,
    fill: topic.fill,
    subscriber_wakes: topic.subscriberWakes,
    publisher_wakes: topic.publisherWakes,
    timeout_wakes: topic.timeoutWakes,
    publishers: topic.publishers.map((one) => ({
      lane: one.lane,
      publisher: participantRecord(one.publisher),
      position: one.position,
      oldest_position: one.oldestPosition,
      records: one.records,
      bytes: one.bytes,
      drops: one.drops,
      full_waits: one.fullWaits,
      last_activity_ms: one.lastActivityMs,
      fill: one.fill,
    })),
    subscribers: topic.subscribers.map((one) => ({
      participant: participantRecord(one.participant),
      state: one.state,
      on_slow: one.onSlow ?? null,
      records: one.records,
      bytes: one.bytes,
      lost: one.lost,
      laps: one.laps,
      lag: one.lag,
      empty_waits: one.emptyWaits,
      corruptions: one.corruptions,
      idle: one.isIdle,
      last_activity_ms: one.lastActivityMs,
      places: one.places.map(({ ...place }) => place),
    })),
  };
}

/** The public record of a service. */
export function serviceRecord(service: ServiceInfo): JsonRecord {
  const { responder } = service;
  return {
    request_mode: service.requestMode,
    response_mode: service.responseMode,
    request_capacity_bytes: service.requestCapacityBytes,
    reply_capacity_bytes: service.replyCapacityBytes,
    max_requesters: service.maxRequesters,
    pending: service.pending,
    ...flowRecord(service),
    fill: service.fill,
    responder_wakes: service.responderWakes,
    requester_wakes: service.requesterWakes,
    timeout_wakes: service.timeoutWakes,
    requesters: service.requesters.map((one) => ({
      lane: one.lane,
      requester: participantRecord(one.requester),
      state: one.state ?? null,
      ...flowRecord(one),
      waiting_replies: one.waitingReplies,
      request_position: one.requestPosition,
      reply_position: one.replyPosition,
      wants_room: one.wantsRoom,
      fill: one.fill,
      last_activity_ms: one.lastActivityMs,
    })),
    responder: {
      participant: participantRecord(responder.participant),
      state: responder.state ?? null,
      serving: responder.isServing,
      terms: responder.terms,
      last_activity_ms: responder.lastActivityMs,
    },
  };
}

/** The public record of a semaphore. */
export function semaphoreRecord(semaphore: SemaphoreInfo): JsonRecord {
  return {
    max: semaphore.max,
    available: semaphore.available,
    returns_on_death: semaphore.returnsOnDeath,
    held: semaphore.held.map(({ participant, permits }) => ({
      participant: participantRecord(participant),
      permits,
    })),
  };
}

/** The public record of an event. */
export function eventRecord({ reset, isSet, setCount }: EventInfo): JsonRecord {
  return { reset, set: isSet, setCount };
}

/** The public record of a struct, without its value. */
export function structRecord({ version, recordBytesMax }: StructInfo): JsonRecord {
  return { version, record_bytes_max: recordBytesMax };
}

function flowRecord(flow: ServiceFlow): JsonRecord {
  return {
    requests: flow.requests,
    request_bytes: flow.requestBytes,
    replies: flow.replies,
    reply_bytes: flow.replyBytes,
    errors: flow.errors,
    timeouts: flow.timeouts,
    late_replies: flow.lateReplies,
    dropped_replies: flow.droppedReplies,
    skipped_requests: flow.skippedRequests,
    waits: flow.waits,
    reply_waits: flow.replyWaits,
    corruptions: flow.corruptions,
    queued: flow.queued,
    unanswered: flow.unanswered,
  };
}
