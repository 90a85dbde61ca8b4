/**
 * `isthmus hexdump FILE`
 *
 * @module
 */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { MemoryMappedFile, type RecordSchema } from "@isthmus/core";
import type { Command } from "@stricli/core";
import { createBreather } from "../breather.ts";
import type { IsthmusContext } from "../context.ts";
import { defineCommand } from "../define-command.ts";
import { type CommonFlags, optional } from "../flags.ts";
import { hexDump } from "../output/hex-dump.ts";
import { jsonValue } from "../output/json-value.ts";
import { byteCount } from "../parsers.ts";
import { NotFoundError } from "../segments/not-found-error.ts";
import { UsageError } from "../usage-error.ts";

interface HexdumpFlags extends CommonFlags {
  readonly offset?: number;
  readonly length?: number;
  readonly schema?: string;
}

type FileSchema = RecordSchema<unknown, unknown, unknown>;

const parseBytes = byteCount(0);
/** How many bytes one JSON record shows. */
const RECORD_BYTES = 16;
/** The code of the error for a module that is not there, or that imports one that is not. */
const MISSING = "ERR_MODULE_NOT_FOUND";

/** Prints bytes through a map of the file, or the records of a schema. */
async function runHexdump(this: IsthmusContext, flags: HexdumpFlags, path: string): Promise<void> {
  const schema = flags.schema === undefined ? undefined : await loadSchema(this, flags.schema);
  using file = MemoryMappedFile.createFromFile(resolve(this.cwd, path), { access: "read" });
  const { offset = 0 } = flags;
  if (offset > file.capacity) {
    throw new UsageError(`--offset ${offset} is behind the end of ${path}: ${file.capacity} bytes`);
  }
  const end = Math.min(file.capacity, offset + (flags.length ?? Infinity));
  const range = { file, offset, end };
  const bytes = flags.json ? jsonBytes : textBytes;
  const lines = schema === undefined ? bytes(range) : records(range, schema, flags.json);
  const breathe = createBreather(this.signal);
  for (const line of lines) {
    this.process.stdout.write(`${line}\n`);
    await breathe();
  }
}

/** What is printed. */
interface Range {
  readonly file: MemoryMappedFile;
  readonly offset: number;
  readonly end: number;
}

/** Records one behind the other, as long as a whole one is there. */
function* records(
  { file, offset, end }: Range,
  schema: FileSchema,
  isJson: boolean,
): Generator<string, void> {
  using view = file.createViewAccessor();
  for (let at = offset; at + schema.size <= end; at += schema.size) {
    const value = jsonValue(view.read(schema, at));
    yield isJson
      ? JSON.stringify({ offset: at, value })
      : `${at.toString(16).padStart(8, "0")}  ${JSON.stringify(value)}`;
  }
}

function* jsonBytes({ file, offset, end }: Range): Generator<string, void> {
  let at = offset;
  for (const bytes of file.chunks({ size: RECORD_BYTES, offset, length: end - offset })) {
    yield JSON.stringify({ offset: at, hex: Buffer.from(bytes).toString("hex") });
    at += bytes.length;
  }
}

function* textBytes({ file, offset, end }: Range): Generator<string, void> {
  using view = file.createViewAccessor();
  const read = (at: number, length: number): Uint8Array => {
    const bytes = new Uint8Array(length);
    view.readArray(at, bytes);
    return bytes;
  };
  yield* hexDump(read, offset, end);
}

/** The schema that a module exports: by default, or as `schema`. */
async function loadSchema({ cwd }: IsthmusContext, path: string): Promise<FileSchema> {
  const file = resolve(cwd, path);
  const module = await import(pathToFileURL(file).href).catch((error: unknown) => {
    const isMissing = error instanceof Error && "code" in error && error.code === MISSING;
    if (!isMissing || existsSync(file)) throw error;
    throw new NotFoundError(`--schema ${path}: there is no such module`);
  });
  const schema = module.default ?? module.schema;
  if (!(schema?.size > 0) || typeof schema?.decode !== "function") {
    throw new UsageError(`--schema ${path}: it must export a struct, by default or as "schema"`);
  }
  return schema;
}

/** The definition of the command. */
export const hexdump: Command<IsthmusContext> = defineCommand({
  run: runHexdump,
  // biome-ignore format: a flag is a line.
  flags: {
    offset: optional("BYTES", parseBytes, "The first byte (default: 0)"),
    length: optional("BYTES", parseBytes, "How many bytes (default: to the end)"),
    schema: optional("MODULE", String, "Print records instead, of the struct that this module exports"),
  },
  positional: {
    kind: "tuple",
    parameters: [{ brief: "A file that can be mapped", placeholder: "FILE", parse: String }],
  },
  docs: {
    brief: "Print the bytes of a file through a map of it",
    fullDescription:
      "As `hexdump -C`: the offset, 16 bytes, the same as text; lines that repeat are one `*`.\n" +
      "With --json, one object for each 16 bytes. With --schema, one line for each record, as\n" +
      "many as fit; the module exports a struct, by default or as `schema`.",
    customUsage: [
      { input: "data.bin --length 64", brief: "the first 64 bytes" },
      { input: "data.bin --offset 4096", brief: "from the second page to the end" },
      { input: "data.bin --schema ./header.ts", brief: "as records of a struct" },
    ],
  },
});
