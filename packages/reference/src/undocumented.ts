/**
 * What the documentation of a public name lacks.
 *
 * @module
 */
import {
  type Comment,
  type DeclarationReflection,
  type ProjectReflection,
  ReflectionKind,
  type SignatureReflection,
} from "typedoc";

/** Members that say by their names what they do. */
const OBVIOUS = /^(?:\[.*\]|constructor|dispose|close|toString|name|code|errno|syscall|path)$/;
/** Words by which a number says in what it counts. */
const UNIT =
  /\bbytes?\b|milli|nano|\bms\b|\bindex\b|\bHow many\b|\bHow much\b|\bHow often\b|\bFrom \d|\bfrom \d|\bnumber\b|\bversion\b|\bsequence\b|\bvalue\b|\binteger\b|\bfield\b|\bWhich one\b/i;
/** What other libraries ask of their stores is documented there. */
const CONTRACTS = new Set(["KeyvStore", "RateLimitStore"]);
/** They work out what they return from what they are given, and refuse nothing. */
const PURE = /^(?:figure|flow|participantStates|ratesBetween|HistogramSnapshot|rateLimitStore)/;
const THROWS = /\bthrows?\b|\brejects?\b|\berrors\b/i;

/**
 * Lists what is missing: a sentence for every export and method, a description of every parameter, a unit for every number, the errors of every
 * function and method of a class that takes something, and an example for every class and function.
 *
 * @param project The packages.
 * @returns One line for each; none when all is said.
 */
export function undocumented(project: ProjectReflection): string[] {
  return (project.children ?? []).flatMap((module) =>
    (module.children ?? [])
      .filter(({ kind, name }) => kind !== ReflectionKind.Reference && !CONTRACTS.has(name))
      .flatMap((each) => lacksOf(each, `${module.name} ${each.name}`)),
  );
}

function lacksOf(reflection: DeclarationReflection, path: string): string[] {
  if (OBVIOUS.test(reflection.name)) return [];
  const signatures = [
    ...(reflection.signatures ?? []),
    ...[reflection.getSignature].filter((each) => each !== undefined),
  ];
  const lacks = signatures.flatMap((signature) => lacksOfSignature(signature, reflection, path));
  const isMember = reflection.kindOf(ReflectionKind.Property);
  if (signatures.length === 0 && !isMember && !hasSummary(reflection.comment)) {
    lacks.push(`${path}: a sentence`);
  }
  if (
    reflection.kindOf([ReflectionKind.Class, ReflectionKind.Function]) &&
    !hasExample(reflection)
  ) {
    lacks.push(`${path}: @example`);
  }
  const isTyped = reflection.kindOf(ReflectionKind.ClassOrInterface);
  const members = isTyped ? (reflection.children ?? []) : [];
  return [...lacks, ...members.flatMap((each) => lacksOf(each, `${path}.${each.name}`))];
}

function lacksOfSignature(
  signature: SignatureReflection,
  owner: DeclarationReflection,
  path: string,
): string[] {
  const lacks: string[] = [];
  if (!hasSummary(signature.comment)) lacks.push(`${path}: a sentence`);
  const parameters = signature.parameters ?? [];
  for (const { name, comment, type } of parameters) {
    const text = textOf(comment);
    if (text === "") lacks.push(`${path}: @param ${name}`);
    else if (type?.toString() === "number" && !UNIT.test(text)) {
      lacks.push(`${path}: the unit of ${name}`);
    }
  }
  const isCalled = owner.kindOf([ReflectionKind.Function, ReflectionKind.Method]);
  const isOfInterface = owner.parent?.kindOf(ReflectionKind.Interface) === true;
  const isPure = path.split(/[ .]/).some((part) => PURE.test(part));
  if (isCalled && !isOfInterface && !isPure && parameters.length > 0) {
    if (!THROWS.test(textOf(signature.comment)) && !signature.comment?.getTag("@throws")) {
      lacks.push(`${path}: @throws`);
    }
  }
  return lacks;
}

function hasSummary(comment: Comment | undefined): boolean {
  return (comment?.summary.length ?? 0) > 0;
}

/** Whether there is an example, or a link to what has one. Errors are thrown, not made. */
function hasExample(reflection: DeclarationReflection): boolean {
  if (reflection.name.endsWith("Error")) return true;
  const comments = [reflection, ...(reflection.signatures ?? [])].map(({ comment }) => comment);
  return comments.some((comment) => {
    const links = comment?.summary.some(
      (part) => part.kind === "inline-tag" && part.tag === "@link",
    );
    return comment?.getTag("@example") !== undefined || links === true;
  });
}

/** Everything that a comment says. */
function textOf(comment: Comment | undefined): string {
  if (comment === undefined) return "";
  const parts = [...comment.summary, ...comment.blockTags.flatMap(({ content }) => content)];
  return parts.map(({ text }) => text).join("");
}
