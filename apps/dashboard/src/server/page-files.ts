/**
 * The page's files, bundled when the server starts, or with the server where that is bundled itself.
 *
 * An HTML import (`import page from "../page/index.html"`) as a route of `Bun.serve` would bundle them, too, but what
 * it serves has no headers of ours and answers before any handler: no content security policy, no check of `Host`. So
 * the same bundler is called here, and its files, a few tens of kilobytes, are served like everything else.
 *
 * @module
 */
import { existsSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import page from "../page/index.html";
import { SECURITY_HEADERS } from "./responses.ts";

const INDEX = join(import.meta.dir, "..", "page", "index.html");
const INDEX_PATH = "/index.html";

/** One file of the page. */
interface PageFile {
  readonly body: Uint8Array<ArrayBuffer>;
  readonly headers: Readonly<Record<string, string>>;
}

interface Output {
  readonly path: string;
  readonly type: string;
  readonly content: Blob;
}

async function build(): Promise<Output[]> {
  const { outputs } = await Bun.build({
    entrypoints: [INDEX],
    target: "browser",
    minify: true,
    publicPath: "/",
  });
  return outputs.map((output) => {
    return { path: `/${basename(output.path)}`, type: output.type, content: output };
  });
}

/** What Bun's bundler has made of the import of the page. */
function bundled(): Output[] {
  return (page.files ?? []).map(({ path, loader, headers }) => ({
    path: loader === "html" ? INDEX_PATH : `/${basename(path)}`,
    type: headers["content-type"],
    content: Bun.file(resolve(import.meta.dir, path)),
  }));
}

/** The page's files by their paths. */
export class PageFiles {
  readonly #files: ReadonlyMap<string, PageFile>;

  private constructor(files: ReadonlyMap<string, PageFile>) {
    this.#files = files;
  }

  /**
   * Bundles the page, unless it has been bundled.
   *
   * @throws {AggregateError} When its source has errors; they name file and line.
   */
  static async bundle(): Promise<PageFiles> {
    const outputs = existsSync(INDEX) ? await build() : bundled();
    const files = new Map<string, PageFile>();
    for (const { path, type, content } of outputs) {
      // All but the page itself have their hash in their names.
      const cache = path === INDEX_PATH ? "no-cache" : "public, max-age=31536000, immutable";
      const headers = { "content-type": type, "cache-control": cache, ...SECURITY_HEADERS };
      files.set(path, { body: new Uint8Array(await content.arrayBuffer()), headers });
    }
    return new PageFiles(files);
  }

  /** Answers with the file at a path; `/` is the page. Undefined when there is none. */
  respond(path: string): Response | undefined {
    const file = this.#files.get(path === "/" ? INDEX_PATH : path);
    return file && new Response(file.body, { headers: file.headers });
  }
}
