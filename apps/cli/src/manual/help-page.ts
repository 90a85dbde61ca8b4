/**
 * A page of the manual on a terminal.
 *
 * @module
 */
import stringWidth from "string-width";
import { COMMAND_NAME } from "../command-name.ts";
import type { Style } from "../output/style.ts";
import { formatTable } from "../output/table.ts";
import { wrap } from "../output/wrap.ts";
import type { Example, ManualFlag, ManualPage } from "./manual.ts";
import { ENVIRONMENT, ESCAPE_BRIEF, EXIT_CODES, ROOT_EXAMPLES } from "./root-texts.ts";

/** The width where nobody says how wide, and the widest that is still easy to read. */
const COLUMNS_DEFAULT = 80;
const COLUMNS_MAX = 100;
const INDENT = "  ";

/**
 * Formats a page: examples early, exit codes last.
 *
 * @param page What there is to know.
 * @param style The colours and the width of stdout.
 * @returns The text, ending in a newline.
 */
export function formatHelpPage(page: ManualPage, style: Style): string {
  const columns = Number.isFinite(style.columns)
    ? Math.min(style.columns, COLUMNS_MAX)
    : COLUMNS_DEFAULT;
  const room = columns - INDENT.length;
  const section = (title: string, lines: readonly string[]): string[] =>
    lines.length === 0
      ? []
      : [[style.bold(title), ...lines.map((line) => INDENT + line)].join("\n")];
  const table = (title: string, rows: readonly (readonly string[])[]): string[] =>
    section(
      title,
      formatTable(
        rows.map((row) => row.map((line) => named(line))),
        [],
        room,
      ),
    );
  const isRoot = page.path.length === 1;
  const examples = section("EXAMPLES", exampleLines(isRoot ? ROOT_EXAMPLES : page.examples, room));
  const usage = section("USAGE", usageLines(page.usage, room));
  const parts = [
    ...(isRoot ? [...examples, ...usage] : [...usage, ...examples]),
    paragraphs(page.description)
      .map((text) => wrap(named(text), columns))
      .join("\n\n"),
    ...table(
      "ARGUMENTS",
      page.arguments.map((one) => [one.name, withDefault(one)]),
    ),
    ...table("COMMANDS", page.commands),
    ...table("FLAGS", flagRows(page.flags)),
    ...(isRoot ? table("ENVIRONMENT", ENVIRONMENT) : []),
    ...table("EXIT CODES", EXIT_CODES),
  ];
  return `${parts.join("\n\n")}\n`;
}

/** The text of each paragraph on one line: lines in sources end where sources do. */
export function paragraphs(text: string): string[] {
  return text.split("\n\n").map((paragraph) => paragraph.replace(/\s*\n\s*/g, " "));
}

/** A flag as one types it: `-h, --help`, `--count N`. */
export function flagText({ name, aliases, value }: ManualFlag): string {
  const names = [...aliases.map((letter) => `-${letter}`), `--${name}`].join(", ");
  return value === undefined ? names : `${names} ${value}`;
}

/** What a flag or an argument is for, and what is assumed without it. */
export function withDefault(item: {
  readonly brief: string;
  readonly default: string | undefined;
  readonly isRepeatable?: boolean;
}): string {
  const notes = [
    ...(item.default === undefined ? [] : [`default: ${item.default}`]),
    ...(item.isRepeatable ? ["can be repeated"] : []),
  ];
  return notes.length === 0 ? item.brief : `${item.brief} (${notes.join("; ")})`;
}

function flagRows(flags: readonly ManualFlag[]): string[][] {
  const rows = flags.map((flag) => [flagText(flag), withDefault(flag)]);
  return [...rows, ["--", ESCAPE_BRIEF]];
}

/** Each example, and beside it what it does; below it where there is no room. */
function exampleLines(examples: readonly Example[], room: number): string[] {
  const rows = examples.map(([input, brief]) => [named(input), brief] as const);
  const longest = Math.max(...rows.map(([input]) => stringWidth(input)));
  if (2 * longest <= room) return formatTable(rows, [], room);
  return rows.flatMap(([input, brief]) => [
    ...wrap(input, room, 4).split("\n"),
    ...wrap(`${INDENT}${brief}`, room).split("\n"),
  ]);
}

/** The words of a line of usage; what follows a broken line stands below the first of them. */
function usageLines([program = "", ...words]: readonly string[], room: number): string[] {
  const lines: string[] = [];
  let line = named(program);
  for (const word of words) {
    if (stringWidth(line) + 1 + word.length > room) {
      lines.push(line);
      line = `${INDENT}${INDENT}${word}`;
    } else line += ` ${word}`;
  }
  return [...lines, line];
}

/** Puts what the command is called here in the place of its name: of the word, not of the end of a path. */
export function named(text: string, name: string = COMMAND_NAME): string {
  return text.replace(/(?<![\w./:@-])isthmus(?=\s|$)/g, () => name);
}
