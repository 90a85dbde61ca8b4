/**
 * The manual as a man page: man(7), which both groff and mandoc read.
 *
 * @module
 */
import { wrap } from "../output/wrap.ts";
import { flagText, paragraphs, withDefault } from "./help-page.ts";
import type { Example, ManualPage } from "./manual.ts";
import { ENVIRONMENT, ESCAPE_BRIEF, EXIT_CODES, ROOT_EXAMPLES } from "./root-texts.ts";

/** Short enough that dashes can be escaped. */
const SOURCE_COLUMNS = 70;

/**
 * Formats the man page.
 *
 * @param pages What it is about, and the commands of it.
 * @param version The version of the program.
 * @returns Its source, ending in a newline.
 */
export function formatManPage([first, ...inner]: readonly ManualPage[], version: string): string {
  if (first === undefined) return "";
  const { path, brief, examples } = first;
  const isRoot = path.length === 1;
  const lines = [
    `.TH ${path.join("-").toUpperCase()} 1 "" "isthmus ${version}" "User Commands"`,
    // Neither hyphens in names nor spaces between words: it is read on terminals.
    ".nh",
    ".ad l",
    ".SH NAME",
    `${roff(path.join("-"))} \\- ${roff(decapitalize(brief))}`,
    ".SH SYNOPSIS",
    ...(isRoot
      ? [`.B ${roff(path.join(" "))}`, "[\\fICOMMAND\\fR] [\\fIFLAGS\\fR]"]
      : synopsis(first)),
    ".SH DESCRIPTION",
    ...body(first),
    ...options(first, ".SH OPTIONS"),
    ...(inner.length === 0 ? [] : [".SH COMMANDS"]),
    ...inner.flatMap((page) => [
      `.SS ${roff(page.path.slice(1).join(" "))}`,
      ...synopsis(page),
      ".PP",
      ...body(page),
      ...options(page),
      ...(page.examples.length === 0 ? [] : [".PP", "Examples:"]),
      ...exampleLines(page.examples),
    ]),
    ".SH EXIT STATUS",
    ...definitions(EXIT_CODES),
    ".SH ENVIRONMENT",
    ...definitions(ENVIRONMENT),
    ".SH EXAMPLES",
    ...exampleLines(isRoot ? ROOT_EXAMPLES : examples),
  ];
  return `${lines.join("\n")}\n`;
}

function synopsis({ usage, path }: ManualPage): string[] {
  // What ends in dots does not end a sentence.
  const words = usage.slice(path.length).map((word) => `${roff(word)}\\&`);
  return [`.B ${roff(path.join(" "))}`, ...words];
}

function body({ description }: ManualPage): string[] {
  return paragraphs(description).flatMap((text, index) =>
    index === 0 ? prose(text) : [".PP", ...prose(text)],
  );
}

/** Arguments and flags. The flags of all commands are told of once, at the root. */
function options(page: ManualPage, ...heading: string[]): string[] {
  const flags = page.flags.map((flag) => [flagText(flag), withDefault(flag)] as const);
  const rows = [
    ...page.arguments.map((one) => [one.name, withDefault(one)] as const),
    ...flags,
    ...(page.path.length === 1 ? [["--", ESCAPE_BRIEF] as const] : []),
  ];
  return rows.length === 0 ? [] : [...heading, ...definitions(rows)];
}

function definitions(rows: readonly (readonly [term: string, meaning: string])[]): string[] {
  return rows.flatMap(([term, meaning]) => [".TP", `.B ${roff(term)}`, ...prose(meaning)]);
}

function exampleLines(examples: readonly Example[]): string[] {
  return examples.flatMap(([input, brief]) => [
    ".TP",
    `.B ${roff(input)}`,
    ...prose(brief || input),
  ]);
}

function decapitalize(text: string): string {
  return text.replace(/^[A-Z](?=[a-z ])/, (letter) => letter.toLowerCase()).replace(/\.$/, "");
}

/** Text whose lines end at words, as lines of roff should. */
function prose(text: string): string[] {
  return wrap(text, SOURCE_COLUMNS).split("\n").map(roff);
}

/** Text as roff takes it literally: a dash that stays one, and no line that begins a request. */
function roff(text: string): string {
  return text
    .replaceAll("\\", "\\e")
    .replaceAll("-", "\\-")
    .replaceAll("'", "\\(aq")
    .replaceAll('"', "\\(dq")
    .replaceAll("`", "\\(ga")
    .replaceAll("~", "\\(ti")
    .replaceAll("^", "\\(ha")
    .replace(/[^\x20-\x7e]/g, (character) => `\\[u${hex(character)}]`)
    .replace(/^\./, "\\&.");
}

function hex(character: string): string {
  return (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
}
