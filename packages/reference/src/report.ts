/**
 * What a package exports, as one short text: it is committed, so that a change of it is seen.
 *
 * @module
 */
import {
  type DeclarationReflection,
  ReflectionKind,
  type SignatureReflection,
  type TypeParameterReflection,
} from "typedoc";

/**
 * Writes the report of a package.
 *
 * @param module The package.
 * @returns Markdown.
 */
export function reportOf(module: DeclarationReflection): string {
  const exports = [...(module.children ?? [])].sort((a, b) => (a.name < b.name ? -1 : 1));
  const lines = exports.flatMap((each) => linesOf(each));
  return [
    `# ${module.name}: exports and signatures`,
    "",
    "Written by `bun run docs`; a test says when it is not what the package exports.",
    "",
    "```ts",
    ...lines,
    "```",
    "",
  ].join("\n");
}

function linesOf(reflection: DeclarationReflection): string[] {
  const { name, kind } = reflection;
  const generic = typeParameters(reflection.typeParameters);
  switch (kind) {
    case ReflectionKind.Reference:
      return [`export ${name} // of @isthmus/core`];
    case ReflectionKind.Function:
      return (reflection.signatures ?? []).map((each) => `function ${signatureOf(each)}`);
    case ReflectionKind.TypeAlias:
      return [`type ${name}${generic} = ${oneLine(String(reflection.type))}`];
    case ReflectionKind.Variable:
      return [`const ${name}: ${oneLine(String(reflection.type))}`];
    default: {
      const word = kind === ReflectionKind.Class ? "class" : "interface";
      const heirs = reflection.extendedTypes?.map(String).join(", ");
      const head = `${word} ${name}${generic}${heirs ? ` extends ${heirs}` : ""}`;
      return [head, ...(reflection.children ?? []).flatMap((each) => membersOf(each))];
    }
  }
}

function membersOf(member: DeclarationReflection): string[] {
  const words = [member.flags.isStatic && "static", member.flags.isReadonly && "readonly"];
  const before = `  ${words
    .filter(Boolean)
    .map((word) => `${word} `)
    .join("")}`;
  if (member.kind === ReflectionKind.Accessor) {
    const type = oneLine(String(member.getSignature?.type ?? member.setSignature?.type));
    const isBoth = member.setSignature !== undefined;
    return [`${before}${isBoth ? "get set" : "get"} ${member.name}: ${type}`];
  }
  if (member.signatures !== undefined) {
    const isMade = member.kind === ReflectionKind.Constructor ? "new " : "";
    return member.signatures.map((each) => `${before}${isMade}${signatureOf(each)}`);
  }
  const mark = member.flags.isOptional ? "?" : "";
  return [`${before}${member.name}${mark}: ${oneLine(String(member.type))}`];
}

function signatureOf(signature: SignatureReflection): string {
  const parameters = (signature.parameters ?? []).map(({ name, flags, type }) => {
    const mark = flags.isOptional ? "?" : "";
    return `${flags.isRest ? "..." : ""}${name}${mark}: ${oneLine(String(type))}`;
  });
  const generic = typeParameters(signature.typeParameters);
  return `${signature.name}${generic}(${parameters.join(", ")}): ${oneLine(String(signature.type))}`;
}

function typeParameters(all: readonly TypeParameterReflection[] | undefined): string {
  if (all === undefined || all.length === 0) return "";
  const texts = all.map(({ name, type }) =>
    type ? `${name} extends ${oneLine(String(type))}` : name,
  );
  return `<${texts.join(", ")}>`;
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, " ");
}
