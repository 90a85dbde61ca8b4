import { describe, expect, test } from "bun:test";
import { commandNameOf, type Invocation } from "../src/command-name.ts";

const HERE: Invocation = {
  program: "/usr/bin/isthmus",
  cwd: "/p/src",
  execPath: "/usr/bin/bun",
  isExecutable: false,
  runtime: "bun",
  version: "1.4.5",
  env: {},
};

describe("the command is called", () => {
  test.each<[string, Partial<Invocation>]>([
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
      "npx -y bun@1.4.5 run cli",
      {
        program: "/p/scripts/cli.ts",
        env: {
          npm_lifecycle_event: "cli",
          npm_config_yes: "true",
          npm_config_user_agent: "npm/11.19.1 node/v20",
        },
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
    ["npx isthmus", { program: "/p/node_modules/@isthmus/cli/dist/isthmus.js", runtime: "node" }],
    [
      "deno run --allow-all npm:@isthmus/cli",
      { program: "/home/u/.cache/deno/npm/@isthmus/cli/0.1.0/dist/isthmus.js", runtime: "deno" },
    ],
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
