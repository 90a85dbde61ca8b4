/**
 * Peers that are not installed with the repository: each is large, cannot be loaded by Bun, or is better not run
 * unasked. `docs/decisions` says why. `--peers` installs them into a folder of their own.
 *
 * @module
 */

/** One of them. */
export interface OptionalPeer {
  /** The package's name. */
  readonly peer: string;
  /** Exactly this one: the next may be another program. */
  readonly version: string;
  /** Whether a case uses it. */
  readonly isMeasured: boolean;
  /** What it says when it has not been asked for. */
  readonly note: string;
}

/** All of them. */
export const OPTIONAL_PEERS: readonly OptionalPeer[] = [
  {
    peer: "node-ipc",
    version: "9.2.1",
    isMeasured: true,
    note: "releases of it carried malicious code in 2022 and 2026, so that it is never installed unasked; 9.2.1 did not",
  },
  {
    peer: "zeromq",
    version: "6.8.0",
    isMeasured: false,
    note: "its addon needs functions of libuv that Bun lacks (oven-sh/bun#18546)",
  },
  {
    peer: "shm-typed-array",
    version: "0.1.1",
    isMeasured: false,
    note: "it has no prebuilt addon and does not compile against the headers of Node 26, whose ABI Bun has",
  },
  {
    peer: "@riaskov/mmap-io",
    version: "1.4.3",
    isMeasured: false,
    note: "it has no prebuilt addon for the ABI that Bun has and 133 dependencies to compile one",
  },
  {
    peer: "mmap-io",
    version: "1.1.7",
    isMeasured: false,
    note: "it has no prebuilt addon and does not compile against the headers of Node 26, whose ABI Bun has",
  },
];
