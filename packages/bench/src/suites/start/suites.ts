/**
 * The suite about starting, as far as one needs it before it runs.
 *
 * @module
 */
import type { SuiteSpec } from "../../runner/suite.ts";

const ONE = { unit: "ns", labels: ["CPU time"], process: "all" } as const;

/** What a process pays before it does anything. */
export const START_SUITES: readonly SuiteSpec[] = [
  {
    id: "start",
    title: "A process from its start to its end",
    cases: [
      { name: "bare", title: "an empty program", role: "reference", ...ONE },
      { name: "import", title: "import of @isthmus/ipc", role: "isthmus", ...ONE },
      { name: "channel", title: "import, and a channel opened", role: "isthmus", ...ONE },
      {
        name: "bundled",
        title: "a channel opened, the program bundled",
        role: "isthmus",
        ...ONE,
      },
      { name: "ls", title: "isthmus ls, from its sources", role: "isthmus", ...ONE },
    ],
    load: () => import("./start.ts"),
  },
];
