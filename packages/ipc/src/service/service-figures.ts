/**
 * The figures of a service.
 *
 * @module
 */

/** What a service tells of itself, of the flow in each lane, of each requester, and of its responder. */
export const SERVICE_FIGURES = {
  segment: {
    /** Room for the requests of one requester, in bytes. */
    requestCapacityBytes: {
      type: "gauge",
      unit: "bytes",
      total: "sum",
      writer: "creator",
      family: "requestCapacity",
      help: "Room for the requests of one requester, in bytes.",
    },
    /** Room for the replies to one requester, in bytes. */
    replyCapacityBytes: {
      type: "gauge",
      unit: "bytes",
      total: "sum",
      writer: "creator",
      family: "replyCapacity",
      help: "Room for the replies to one requester, in bytes.",
    },
    /** How many requesters there can be. */
    maxRequesters: {
      type: "gauge",
      unit: "participants",
      total: "sum",
      writer: "creator",
      help: "How many requesters there can be.",
    },
    /** Requests that still can be answered: those that were not taken and, while somebody serves, not answered. */
    pending: {
      type: "gauge",
      unit: "requests",
      total: "sum",
      writer: "responder",
      column: "lag",
      help: "Requests that still can be answered.",
    },
    /** How often a sleeping responder was woken, for requests or for room. */
    responderWakes: {
      type: "counter",
      unit: "count",
      bits: 32,
      writer: "requester",
      help: "How often a sleeping responder was woken, for requests or for room.",
    },
    /** How often sleeping requesters were woken. */
    requesterWakes: {
      type: "counter",
      unit: "count",
      bits: 32,
      writer: "responder",
      help: "How often sleeping requesters were woken.",
    },
    /** Waiters that found what they waited for without having been woken. Should be 0 while nobody dies. */
    timeoutWakes: {
      type: "counter",
      unit: "count",
      bits: 32,
      writer: "waiter",
      help: "Waiters that found what they waited for without having been woken.",
    },
  },
  flow: {
    /** Requests that were sent. */
    requests: {
      type: "counter",
      unit: "requests",
      writer: "requester",
      block: "sent",
      counter: "records",
      column: "records",
      help: "Requests that were sent.",
    },
    /** Bytes of their payloads. */
    requestBytes: {
      type: "counter",
      unit: "bytes",
      writer: "requester",
      block: "sent",
      counter: "bytes",
      column: "bytes",
      help: "Bytes of their payloads.",
    },
    /** Replies that came, errors and late ones included. */
    replies: {
      type: "counter",
      unit: "replies",
      writer: "requester",
      block: "received",
      counter: "records",
      column: "consumed",
      help: "Replies that came, errors and late ones included.",
    },
    /** Bytes of their payloads. */
    replyBytes: {
      type: "counter",
      unit: "bytes",
      writer: "requester",
      block: "received",
      counter: "bytes",
      help: "Bytes of their payloads.",
    },
    /** Replies that were errors, as the responder sent them. */
    errors: {
      type: "counter",
      unit: "replies",
      writer: "responder",
      block: "answered",
      counter: "errors",
      help: "Replies that were errors, as the responder sent them.",
    },
    /** Requests whose time was over before a reply came. */
    timeouts: {
      type: "counter",
      unit: "requests",
      writer: "requester",
      block: "sent",
      counter: "timeouts",
      column: "drops",
      alarm: "requests run out of time",
      help: "Requests whose time was over before a reply came.",
    },
    /** Replies that came when nobody waited for them any more. */
    lateReplies: {
      type: "counter",
      unit: "replies",
      writer: "requester",
      block: "received",
      counter: "drops",
      help: "Replies that came when nobody waited for them any more.",
    },
    /** Replies that were not sent because their requester had gone. */
    droppedReplies: {
      type: "counter",
      unit: "replies",
      writer: "responder",
      block: "answered",
      counter: "drops",
      help: "Replies that were not sent because their requester had gone.",
    },
    /** Requests that the responder skipped: for an earlier one, or from a requester that has gone. */
    skippedRequests: {
      type: "counter",
      unit: "requests",
      writer: "responder",
      block: "taken",
      counter: "drops",
      help: "Requests that the responder skipped.",
    },
    /** Requests that had to wait for room or for a responder. */
    waits: {
      type: "counter",
      unit: "count",
      writer: "requester",
      block: "sent",
      counter: "waits",
      column: "fullWaits",
      help: "Requests that had to wait for room or for a responder.",
    },
    /** How often a reply had to wait for room. */
    replyWaits: {
      type: "counter",
      unit: "count",
      writer: "responder",
      block: "answered",
      counter: "waits",
      help: "How often a reply had to wait for room.",
    },
    /** Impossible positions, lengths and contents that both sides found. */
    corruptions: {
      type: "counter",
      unit: "count",
      writer: "both",
      column: "corruptions",
      help: "Impossible positions, lengths and contents that both sides found.",
    },
    /** Requests that were sent and not taken. */
    queued: {
      type: "gauge",
      unit: "requests",
      total: "sum",
      writer: "responder",
      help: "Requests that were sent and not taken.",
    },
    /** Requests that were taken and not answered: with a handler now, or lost with a responder that died. */
    unanswered: {
      type: "gauge",
      unit: "requests",
      total: "sum",
      writer: "responder",
      help: "Requests that were taken and not answered.",
    },
  },
  requester: {
    /** Replies that were sent and that it has not fetched. */
    waitingReplies: {
      type: "gauge",
      unit: "replies",
      total: "sum",
      writer: "requester",
      help: "Replies that were sent and that it has not fetched.",
    },
    /** Where requests are published up to, in units of 8 bytes. */
    requestPosition: {
      type: "gauge",
      unit: "positions",
      writer: "requester",
      help: "Where requests are published up to, in units of 8 bytes.",
    },
    /** Where replies are published up to, in units of 8 bytes. */
    replyPosition: {
      type: "gauge",
      unit: "positions",
      writer: "responder",
      help: "Where replies are published up to, in units of 8 bytes.",
    },
    /** Whether it waits for room for a request. */
    wantsRoom: {
      type: "gauge",
      unit: "boolean",
      writer: "requester",
      help: "Whether it waits for room for a request.",
    },
    /** How full the fuller one of its two rings is, 0 to 1. */
    fill: {
      type: "gauge",
      unit: "ratio",
      total: "max",
      writer: "both",
      column: "fill",
      help: "How full the fuller one of its two rings is, 0 to 1.",
    },
    /** When it last sent, in milliseconds since 1970, roughly; 0: never. */
    lastActivityMs: {
      type: "gauge",
      unit: "milliseconds",
      writer: "requester",
      block: "sent",
      counter: "lastActivity",
      help: "When it last sent.",
    },
  },
  responder: {
    /** Whether requests are taken. */
    isServing: {
      type: "gauge",
      unit: "boolean",
      total: "max",
      writer: "responder",
      help: "Whether requests are taken.",
    },
    /** How many responders there have been, this one included, modulo 2^32. */
    terms: {
      type: "counter",
      unit: "count",
      bits: 32,
      writer: "responder",
      help: "How many responders there have been.",
    },
    /** When a reply was last sent, in milliseconds since 1970, roughly; 0: never. */
    lastActivityMs: {
      type: "gauge",
      unit: "milliseconds",
      writer: "responder",
      help: "When a reply was last sent.",
    },
  },
  latency: {
    /** How long requests took from being made to being answered. */
    latency: {
      type: "histogram",
      unit: "seconds",
      writer: "requester",
      column: "latency",
      help: "How long requests took from being made to being answered.",
    },
  },
} as const;
