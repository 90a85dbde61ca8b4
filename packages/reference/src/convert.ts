/**
 * What typedoc knows of the packages.
 *
 * @module
 */
import { Application, type ProjectReflection, TSConfigReader } from "typedoc";
import { type Declarations, PACKAGES } from "./declarations.ts";

/** The packages as typedoc has read them. */
export interface Converted {
  readonly app: Application;
  readonly project: ProjectReflection;
}

/**
 * Reads declarations.
 *
 * @param declarations Where they are.
 * @param out Where Markdown is to go, by `app.generateOutputs`; nowhere unless given.
 * @returns What was read. Warnings are in `app.logger`.
 */
export async function convert(declarations: Declarations, out?: string): Promise<Converted> {
  const app = await Application.bootstrapWithPlugins(
    {
      name: "Isthmus",
      entryPoints: PACKAGES.map((name) => declarations.entry(name)),
      tsconfig: declarations.config,
      plugin: out === undefined ? [] : ["typedoc-plugin-markdown"],
      outputs: out === undefined ? [] : [{ name: "markdown", path: out }],
      // TypeScript has checked them when it wrote them.
      skipErrorChecking: true,
      excludeExternals: true,
      excludeInternal: true,
      excludePrivate: true,
      excludeProtected: true,
      disableSources: true,
      readme: "none",
      logLevel: "Warn",
    },
    [new TSConfigReader()],
  );
  const project = await app.convert();
  if (project === undefined) throw new Error("Cannot read the declarations");
  for (const module of project.children ?? []) module.name = `@isthmus/${packageOf(module.name)}`;
  return { app, project };
}

/** `core` of `core/src`. */
function packageOf(module: string): string {
  return module.split("/")[0] ?? module;
}
