/** Tests of the tests: each broken variant of the naming protocol must be noticed. */
import { describe, expect, test } from "bun:test";
import { Home } from "./support/home.ts";
import { Participant } from "./support/participant.ts";
import { race } from "./support/race.ts";
import { type Change, SteppedSource } from "./support/stepped-source.ts";

// Generous: the processes of a test may have to share a busy machine.
const HOLDER = "named/holder.ts";
const CREATION = "named/create-named-file.ts";
const OPENING = "named/open-named-file.ts";
const REMOVAL = "named/remove-named-file.ts";
const TRIAL = "named/lock-trial.ts";
const NAMES = "native/posix-file-names.ts";

const RENAME_INSTEAD_OF_LINK: readonly Change[] = [
  { file: NAMES, search: "linkSync(aside, path)", replacement: "renameSync(aside, path)" },
  { file: NAMES, search: "linkSync, lstatSync", replacement: "renameSync, lstatSync" },
];
const NO_LOCK_ON_THE_ASIDE_FILE: readonly Change[] = [
  {
    file: CREATION,
    search: 'if (!platform().tryLockFile(fd, "shared")) return undefined;',
    replacement: "",
  },
];
const NO_INODE_CHECK: readonly Change[] = [
  {
    file: HOLDER,
    search: "found.ino === this.#held.ino && found.dev === this.#held.dev",
    replacement: "found.ino !== undefined || this.#held !== undefined",
  },
];
const NO_QUESTION_BEFORE_REMOVING: readonly Change[] = [
  {
    file: HOLDER,
    search: "if (!file.isPersistent) removeWhenUnheld(fd, file.path);",
    replacement: "if (!file.isPersistent) unlinkIfThere(file.path);",
  },
];

const MUTANTS: readonly (readonly [string, readonly Change[]])[] = [
  ["the inode is not looked up again under the lock", NO_INODE_CHECK],
  ["the file is renamed into place instead of linked", RENAME_INSTEAD_OF_LINK],
  ["the file made aside is not locked", NO_LOCK_ON_THE_ASIDE_FILE],
  [
    "the lock on the file made aside may fail",
    [
      {
        file: CREATION,
        search: 'if (!platform().tryLockFile(fd, "shared")) return undefined;',
        replacement: 'platform().tryLockFile(fd, "shared");',
      },
    ],
  ],
  [
    "a name that is taken counts as won",
    [
      {
        file: CREATION,
        search: "if (isRace) return false;",
        replacement: "if (isRace) return true;",
      },
    ],
  ],
  [
    "a name that is taken is not looked at again",
    [
      {
        file: CREATION,
        search: "if (!isFree(path, patience)) throw exists(name, path);\n      return undefined;",
        replacement: "throw exists(name, path);",
      },
    ],
  ],
  [
    "who asks whether a name is held leaves without removing it",
    [
      {
        file: CREATION,
        search: "if (isHeld) return removeWhenUnheld(fd, path);",
        replacement: "if (isHeld) return false;",
      },
    ],
  ],
  [
    "unlink takes no lock",
    [
      {
        file: REMOVAL,
        search: "return openIfThere(path);\n  } catch",
        replacement: "return undefined;\n  } catch",
      },
    ],
  ],
  [
    "the last holder leaves the file behind",
    [
      {
        file: HOLDER,
        search: "if (!file.isPersistent) removeWhenUnheld(fd, file.path);",
        replacement: "",
      },
    ],
  ],
  ["whoever leaves removes the name", NO_QUESTION_BEFORE_REMOVING],
  [
    "who tries whether locks hold takes none",
    [
      {
        file: TRIAL,
        search: 'if (!platform().tryLockFile(fds[0] as number, "exclusive")) return undefined;',
        replacement: "",
      },
    ],
  ],
  [
    "whoever opens does not ask whether somebody is alive",
    [
      {
        file: OPENING,
        search: 'if (!isPersistent && removeWhenUnheld(fd, path)) return "gone";',
        replacement: "void isPersistent;",
      },
    ],
  ],
];

describe("the meetings of actors notice that", () => {
  for (const [what, changes] of MUTANTS) {
    test(what, async () => {
      using home = new Home();
      using source = new SteppedSource(...changes);
      await using process = new Participant({
        fixture: "interleaver",
        input: { root: home.path, sequences: true, nested: 2000, seed: 1, stopAtFirst: true },
        environment: source.environment,
      });
      const { count } = await process.answer<{ count: number }>();
      expect(count).toBeGreaterThan(0);
    });
  }
});

describe("the races of real processes notice that", () => {
  const seen = [
    ["the file is renamed into place instead of linked", "createNew", RENAME_INSTEAD_OF_LINK],
    ["the file made aside is not locked", "createOrOpen", NO_LOCK_ON_THE_ASIDE_FILE],
    ["whoever leaves removes the name", "storm", NO_QUESTION_BEFORE_REMOVING],
  ] as const;
  for (const [what, scenario, changes] of seen) {
    test(what, async () => {
      using home = new Home();
      using source = new SteppedSource(...changes);
      const { environment } = source;
      const result = await race(home, { scenario, processes: 2, rounds: 400, environment });
      expect(result.violations.length + home.files().length).toBeGreaterThan(0);
    });
  }
});
