/**
 * The figures of a work queue.
 *
 * @module
 */

/** What a queue tells of itself. */
export const QUEUE_FIGURES = {
  segment: {
    /** How many objects can have it open at a time. */
    maxParticipants: {
      type: "gauge",
      unit: "participants",
      writer: "creator",
      help: "How many objects can have it open at a time.",
    },
    /** Room for jobs, in bytes. */
    capacityBytes: {
      type: "gauge",
      unit: "bytes",
      total: "sum",
      writer: "creator",
      help: "Room for jobs, in bytes.",
    },
    /** How much of the room is used, 0 to 1. */
    fill: {
      type: "gauge",
      unit: "ratio",
      total: "max",
      writer: "producer",
      column: "fill",
      help: "How much of the room is used, 0 to 1.",
    },
    /** Jobs that are ready to be taken. */
    waiting: {
      type: "gauge",
      unit: "jobs",
      total: "sum",
      writer: "producer",
      column: "lag",
      help: "Jobs that are ready to be taken.",
    },
    /** Jobs that wait for their time. */
    delayed: {
      type: "gauge",
      unit: "jobs",
      total: "sum",
      writer: "producer",
      help: "Jobs that wait for their time.",
    },
    /** Jobs that wait for others with the same key. */
    held: {
      type: "gauge",
      unit: "jobs",
      total: "sum",
      writer: "producer",
      help: "Jobs that wait for others with the same key.",
    },
    /** Jobs that somebody works on. */
    inFlight: {
      type: "gauge",
      unit: "jobs",
      total: "sum",
      writer: "worker",
      help: "Jobs that somebody works on.",
    },
    /** For how long the job is worked on that was taken first. */
    oldestInFlightMs: {
      type: "gauge",
      unit: "milliseconds",
      total: "max",
      writer: "worker",
      help: "For how long the job is worked on that was taken first.",
    },
    /** Jobs that were tried as often as they may be, and lie there. */
    deadLetters: {
      type: "gauge",
      unit: "jobs",
      total: "sum",
      writer: "worker",
      help: "Jobs that were tried as often as they may be, and lie there.",
    },
    /** Whether nothing is to be taken. */
    isPaused: {
      type: "gauge",
      unit: "boolean",
      writer: "worker",
      help: "Whether nothing is to be taken.",
    },
    /** Jobs that were added. */
    added: {
      type: "counter",
      unit: "jobs",
      writer: "producer",
      column: "records",
      help: "Jobs that were added.",
    },
    /** Bytes of their records. */
    addedBytes: {
      type: "counter",
      unit: "bytes",
      writer: "producer",
      column: "bytes",
      help: "Bytes of their records.",
    },
    /** How often a job was taken: every attempt counts. */
    taken: {
      type: "counter",
      unit: "jobs",
      writer: "worker",
      help: "How often a job was taken: every attempt counts.",
    },
    /** Jobs that were done. */
    done: {
      type: "counter",
      unit: "jobs",
      writer: "worker",
      column: "consumed",
      help: "Jobs that were done.",
    },
    /** How often a worker gave a job back because it failed. */
    failed: {
      type: "counter",
      unit: "jobs",
      writer: "worker",
      help: "How often a worker gave a job back because it failed.",
    },
    /** How often a worker left a job without a word, alive. */
    returned: {
      type: "counter",
      unit: "jobs",
      writer: "worker",
      help: "How often a worker left a job without a word, alive.",
    },
    /** How often a job came back because its worker died. */
    orphaned: {
      type: "counter",
      unit: "jobs",
      writer: "worker",
      alarm: "workers die with jobs",
      help: "How often a job came back because its worker died.",
    },
    /** How often a job came back because its lease was over. */
    expired: {
      type: "counter",
      unit: "jobs",
      writer: "worker",
      alarm: "leases of jobs are over while they are worked on",
      help: "How often a job came back because its lease was over.",
    },
    /** Jobs that became dead letters. */
    deadLettered: {
      type: "counter",
      unit: "jobs",
      writer: "worker",
      alarm: "jobs become dead letters",
      help: "Jobs that became dead letters.",
    },
    /** Jobs that were refused because there was no room. */
    drops: {
      type: "counter",
      unit: "jobs",
      writer: "producer",
      column: "drops",
      alarm: "jobs are refused because there is no room",
      help: "Jobs that were refused because there was no room.",
    },
    /** How often there was no room and a producer waited. */
    fullWaits: {
      type: "counter",
      unit: "count",
      writer: "producer",
      column: "fullWaits",
      help: "How often there was no room and a producer waited.",
    },
    /** How often no job was ready and a worker waited. */
    emptyWaits: {
      type: "counter",
      unit: "count",
      writer: "worker",
      column: "emptyWaits",
      help: "How often no job was ready and a worker waited.",
    },
    /** How often the lists were made anew after a death in the middle of a change. */
    recoveries: {
      type: "counter",
      unit: "count",
      writer: "worker",
      help: "How often the lists were made anew after a death in the middle of a change.",
    },
    /** Impossible values that were found. */
    corruptions: {
      type: "counter",
      unit: "count",
      writer: "worker",
      column: "corruptions",
      help: "Impossible values that were found.",
    },
    /** How often sleeping workers were woken. */
    readyWakes: {
      type: "counter",
      unit: "count",
      bits: 32,
      writer: "producer",
      help: "How often sleeping workers were woken.",
    },
    /** How often sleeping producers were woken. */
    roomWakes: {
      type: "counter",
      unit: "count",
      bits: 32,
      writer: "worker",
      help: "How often sleeping producers were woken.",
    },
    /** Waiters that found what they waited for without having been woken. */
    timeoutWakes: {
      type: "counter",
      unit: "count",
      bits: 32,
      writer: "waiter",
      help: "Waiters that found what they waited for without having been woken.",
    },
  },
  times: {
    /** How long jobs took from being added to being taken for the first time. */
    waitTime: {
      type: "histogram",
      unit: "seconds",
      writer: "worker",
      column: "latency",
      help: "How long jobs took from being added to being taken for the first time.",
    },
    /** How long jobs took from being taken to being done. */
    runTime: {
      type: "histogram",
      unit: "seconds",
      writer: "worker",
      help: "How long jobs took from being taken to being done.",
    },
  },
} as const;
