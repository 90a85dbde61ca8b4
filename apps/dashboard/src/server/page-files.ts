/**
 * The page's files, bundled when the server starts.
 *
 * An HTML import (`import page from "../page/index.html"`) as a route of `Bun.serve` would bundle them, too, but what
 * it serves has no headers of ours and answers before any handler: no content security policy, no check of `Host`. So
 * the same bundler is called here, and its files, a few tens of kilobytes, are served like everything else.
 *
 * @module
 */
import { join } from "node:path";
import { SECURITY_HEADERS } from "./responses.ts";

const INDEX = join(import.meta.dir, "..", "page", "index.html");
const INDEX_PATH = "/index.html";

/** One file of the page. */
interface PageFile {
  readonly body: Uint8Array<ArrayBuffer>;
  readonly headers: Readonly<Record<string, string>>;
}

/** The page's files by their paths. */
export class PageFiles {
  readonly #files: ReadonlyMap<string, PageFile>;

  private constructor(files: ReadonlyMap<string, PageFile>) {
    this.#files = files;
  }

  /**
   * Bundles the page.
   *
   * @throws {AggregateError} When its source has errors; they name file and line.
   */
  static async bundle(): Promise<PageFiles> {
    const { outputs } = await Bun.build({
      entrypoints: [INDEX],
      target: "browser",
      minify: true,
      publicPath: "/",
    });
    const files = new Map<string, PageFile>();
    for (const output of outputs) {
      const path = `/${output.path.replace(/^\.?\//, "")}`;
      // All but the page itself have their hash in their names.
      const isIndex = path === INDEX_PATH;
      const cache = isIndex ? "no-cache" : "public, max-age=31536000, immutable";
      const headers = { "content-type": output.type, "cache-control": cache, ...SECURITY_HEADERS };
      files.set(path, { body: new Uint8Array(await output.arrayBuffer()), headers });
    }
    return new PageFiles(files);
  }

  /** Answers with the file at a path; `/` is the page. Undefined when there is none. */
  respond(path: string): Response | undefined {
    const file = this.#files.get(path === "/" ? INDEX_PATH : path);
    return file && new Response(file.body, { headers: file.headers });
  }
}
