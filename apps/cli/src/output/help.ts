/**
 * The `--help` flag.
 *
 * @module
 */
import type { StricliIntegration } from "@stricli/core";
import type { IsthmusContext } from "../context.ts";
import { formatHelpPage } from "../manual/help-page.ts";
import { manualPage } from "../manual/manual.ts";

/**
 * Builds the help flag.
 *
 * @returns A stricli integration.
 */
export function help(): StricliIntegration<IsthmusContext> {
  return {
    flag: {
      brief: "Print this help and exit",
      aliases: ["h"],
      global: true,
      complete: true,
      defaultForRouteMap: true,
      run(app, { result: { target, prefix } }) {
        // stricli promises less than it gives: it is the context with which it was run.
        const { process, style } = this as IsthmusContext;
        process.stdout.write(formatHelpPage(manualPage(app, target, prefix), style.stdout));
      },
    },
  };
}
