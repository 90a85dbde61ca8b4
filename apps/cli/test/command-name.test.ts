import { describe, expect, test } from "bun:test";
import { commandNameOf } from "../src/command-name.ts";

const HERE = {
  program: "/usr/bin/isthmus",
  cwd: "/p/src",
  execPath: "/usr/bin/bun",
  isExecutable: false,
  env: {},
};

describe("the command is called", () => {
  test.each([
    ["isthmus", {}],
    ["isthmus", { program: "/project/apps/cli/src/main.ts" }],
    ["tool", { isExecutable: true, execPath: "/opt/tool", program: "/$bunfs/root/tool" }],
    ["bun run cli", { program: "/p/scripts/cli.ts", env: { npm_lifecycle_event: "cli" } }],
    [
      "bun run cli",
      { program: "/p/scripts/dashboard.ts", env: { npm_lifecycle_event: "dashboard" } },
    ],
    [
      "npm run cli --",
      {
        program: "/p/scripts/cli.ts",
        env: { npm_lifecycle_event: "cli", npm_config_user_agent: "npm/10.8.2 node/v20" },
      },
    ],
    [
      "bunx isthmus",
      {
        program: "/p/node_modules/@isthmus/cli/dist/main.js",
        env: { npm_command: "exec", npm_config_user_agent: "bun/1.4.5 npm/? node/v24" },
      },
    ],
    ["isthmus", { program: "/home/u/.bun/install/global/node_modules/@isthmus/cli/dist/main.js" }],
    [
      "bunx @isthmus/cli",
      { program: "/tmp/bunx-0-@isthmus/cli@latest/node_modules/@isthmus/cli/dist/main.js" },
    ],
    [
      "npx isthmus",
      {
        program: "/p/node_modules/@isthmus/cli/dist/main.js",
        env: { npm_command: "exec", npm_config_user_agent: "npm/10.8.2 node/v20" },
      },
    ],
  ])("%s", (name, how) => {
    expect(commandNameOf({ ...HERE, ...how })).toBe(name);
  });
});
