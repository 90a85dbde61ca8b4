/**
 * Source that loads plain values, trusting nothing that memory holds.
 *
 * @module
 */
import type { ArrayLayout, OneOfLayout, TypeLayout } from "../layout.ts";
import { type Emitter, elementAt, fieldAt, type Place } from "./emitter.ts";
import { SCALAR_CODE } from "./scalar-code.ts";

/** Up to so many elements an array is written as a literal: 23 ns for 16 numbers, 46 in a loop. */
const MAX_LITERAL = 16;
/**
 * Up to so many elements `new Array(n)` is dense in JavaScriptCore; beyond, elements are pushed.
 */
const MAX_PREALLOCATED = 65_536;
/** The highest word of a u53. */
const MAX_HIGH = 0x1fffff;

/**
 * Emits the statements that read one value. They expect `view` to be in scope.
 *
 * @param out Where the statements go.
 * @param layout The type of the value.
 * @param place Where it is stored.
 * @returns An expression for the value.
 */
export function emitRead(out: Emitter, layout: TypeLayout, place: Place): string {
  const { offset, path } = place;
  switch (layout.kind) {
    case "bool":
      return `view.getUint8(${offset}) !== 0`;
    case "u53": {
      const low = out.name("l");
      const high = out.name("h");
      out.line(`const ${low} = view.getUint32(${offset}, true);`);
      out.line(`const ${high} = view.getUint32(${offset} + 4, true);`);
      out.line(`if (${high} > ${MAX_HIGH}) $.corruptU53(${path}, ${high}, ${low});`);
      return `${high} * 4294967296 + ${low}`;
    }
    case "utf8":
      return `$.readText(view, ${offset}, ${layout.capacity})`;
    case "bytes":
      return `$.readBytes(view, ${offset}, ${layout.capacity})`;
    case "oneOf":
      return emitOneOf(out, layout, place);
    case "array":
      return emitArray(out, layout, place);
    case "struct": {
      const items = layout.fields.map(({ name, offset: distance, layout: type }) => {
        const item = emitRead(out, type, fieldAt(place, name, distance));
        return `${JSON.stringify(name)}: ${item}`;
      });
      return `{ ${items.join(", ")} }`;
    }
    default:
      return `view.get${SCALAR_CODE[layout.kind].accessor}(${offset}, true)`;
  }
}

function emitOneOf(out: Emitter, layout: OneOfLayout, place: Place): string {
  const count = layout.members.length;
  const index = out.name("n");
  const accessor = layout.size === 1 ? "Uint8" : "Uint16";
  out.line(`const ${index} = view.get${accessor}(${place.offset}, true);`);
  out.line(`if (${index} >= ${count}) $.corruptMember(${place.path}, ${index}, ${count});`);
  // A copy: indexing a frozen array takes 20 ns in JavaScriptCore, and 1 ns otherwise.
  return `${out.constant([...layout.members])}[${index}]`;
}

function emitArray(out: Emitter, layout: ArrayLayout, place: Place): string {
  const { element, count, stride } = layout;
  const isLeaf = element.kind !== "array" && element.kind !== "struct";
  if (isLeaf && count <= MAX_LITERAL) {
    const items: string[] = [];
    for (let index = 0; index < count; index++) {
      items.push(emitRead(out, element, elementAt(place, String(index), stride)));
    }
    return `[${items.join(", ")}]`;
  }
  const list = out.name("a");
  const index = out.name("i");
  const isPreallocated = count <= MAX_PREALLOCATED;
  out.line(`const ${list} = ${isPreallocated ? `new Array(${count})` : "[]"};`);
  out.line(`for (let ${index} = 0; ${index} < ${count}; ${index}++) {`);
  const item = emitRead(out, element, elementAt(place, index, stride));
  out.line(isPreallocated ? `${list}[${index}] = ${item};` : `${list}.push(${item});`);
  out.line("}");
  return list;
}
