/** Seeded bugs of the group commit. */
import type { Seeded } from "../../../ipc/test/model/checker/seeded.ts";
import type { Mistake } from "../../../ipc/test/model/checker/source.ts";

const UNLOCK = "      lock.unlock();\n";
const WAKE = "      cell.wake();\n";

const bug = (from: string, to: string): Mistake[] => [
  { file: "../../store/src/journal/group-commit.ts", from, to },
];

export const BUGS: Seeded = {
  "waking nobody": bug(WAKE, ""),
  "waking before the lock is free": bug(UNLOCK + WAKE, WAKE + UNLOCK),
  "not looking again with the lock": bug("      if (isDone()) return;\n", ""),
  "sleeping until its own records are on the disk": bug(
    "isDone() || lock.ownerSlot < 0;",
    "isDone();",
  ),
  "syncing beside another one": bug(
    'if ((isLate || lock.ownerSlot < 0) && lock.tryOwn() !== "busy") {',
    "if (lock) {",
  ),
  "taking the end of a sync for its own": bug("      if (isLate) looks++;\n", "      return;\n"),
  "keeping the lock when a sync fails": bug(
    `      sync();\n    } finally {\n${UNLOCK}`,
    `      sync();\n${UNLOCK}    } finally {\n`,
  ),
};
