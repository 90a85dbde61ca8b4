/**
 * Compiles the cursor of a schema: a class per struct and per array, with every offset a constant.
 *
 * Generated classes against other ways, eight f64 of a 64-byte record written and read through
 * `DataView` in place, in ns per record (AMD EPYC, class 25/17, 2 cores):
 *
 * ```text
 *                                                         write   read
 * generated class, view and base in the cursor              3.3    3.5
 * generated class, view and base in a shared anchor         3.0    3.1   <- this file
 * accessors on the prototype that close over the offset     4.7    5.1
 * accessors on the object that close over all               3.8    4.2
 * ```
 *
 * The anchor makes moving a cursor with everything inside it one store. A class inside an array
 * also has an offset (`#o`) and a path (`#p`) of its own, since there is one object per element; it
 * is made when the element is first asked for and kept, so that two elements are never the same
 * object.
 *
 * @module
 */
import type { ArrayLayout, StructLayout, TypeLayout } from "../layout.ts";
import { Emitter, elementAt, fieldAt, type Place } from "./emitter.ts";
import { emitRead } from "./read.ts";
import { runtime } from "./runtime.ts";
import { emitWrite } from "./write.ts";

/** Makes the outermost cursor of one record type. */
export type CursorClass = new (anchor: object) => object;

/** Declarations for a method's body: where the record, or this element of it, begins. */
const FIXED_START = "const a = this.#a, view = a.view, at = a.base;";
const ELEMENT_START = "const a = this.#a, view = a.view, at = a.base + this.#o;";
/** What every struct and array offers beside its fields, through names that no field can have. */
const PRINTING =
  "toJSON() { return this[$.SNAPSHOT](); } [$.INSPECT]() { return this[$.SNAPSHOT](); }";

/** What a cursor may do; in memory that is mapped read-only, a write would end the process. */
export type CursorAccess = "readWrite" | "read";

/** Whether a class serves one place in the record, or one per element of an array around it. */
type Context = "root" | "fixed" | "element";

/**
 * Generates the classes of a layout.
 *
 * @param layout The outermost struct.
 * @param access Whether assignments write or are refused.
 * @returns The class of its cursor.
 */
export function compileCursor(layout: StructLayout, access: CursorAccess): CursorClass {
  const out = new Emitter();
  const classes = new ClassEmitter(out, access === "read" ? emitRefusal : emitWrite);
  const name = classes.struct(layout, { offset: "at", path: '""' }, "root");
  out.line(`return ${name};`);
  return out.evaluate(runtime) as CursorClass;
}

/** Emits the classes of one schema, those of what is inside a class before it. */
class ClassEmitter {
  readonly #out: Emitter;
  readonly #emitStore: typeof emitWrite;

  constructor(out: Emitter, emitStore: typeof emitWrite) {
    this.#out = out;
    this.#emitStore = emitStore;
  }

  /** Emits the class of a struct; gives its name. */
  struct(layout: StructLayout, place: Place, context: Context): string {
    const name = this.#out.name("Struct");
    const members = new Emitter(this.#out);
    const inner: string[] = [];
    for (const field of layout.fields) {
      const { layout: type } = field;
      const at = fieldAt(place, field.name, field.offset);
      const key = JSON.stringify(field.name);
      if (type.kind === "struct" || type.kind === "array") {
        const slot = `#c${inner.length}`;
        const child = this.#compound(type, at, context === "root" ? "fixed" : context);
        inner.push(`this.${slot} = new ${child}(${context === "element" ? "a, o, p" : "a"});`);
        members.line(`${slot}; get ${key}() { return this.${slot}; }`);
      } else {
        emitMethod(members, `get ${key}()`, context, (body) => emitReturn(body, type, at));
      }
      emitMethod(members, `set ${key}(v)`, context, (body) => this.#emitStore(body, type, at, "v"));
    }
    emitMethod(members, "[$.SNAPSHOT]()", context, (body) => emitReturn(body, layout, place));
    const names = members.constant(new Set(layout.fields.map((field) => field.name)));
    const pathOf = `function () { return ${place.path}; }`;
    members.line(`static { $.refuseOtherFields(this.prototype, ${pathOf}, ${names}); }`);
    if (context === "root") members.line("get [$.ANCHOR]() { return this.#a; }");
    members.line(PRINTING);
    this.#emitClass(name, context, inner, members);
    return name;
  }

  /** Emits the class of an array; gives its name. */
  #array(layout: ArrayLayout, place: Place, context: Context): string {
    const name = this.#out.name("Array");
    const { element, count, stride } = layout;
    const at = elementAt(place, "i", stride);
    const isOutside = `typeof i !== "number" || i >>> 0 !== i || i >= ${count}`;
    const checkIndex = `if (${isOutside}) $.refuseIndex(${place.path}, i, ${count});`;
    const members = new Emitter(this.#out);
    if (element.kind === "struct" || element.kind === "array") {
      const child = this.#compound(element, { offset: "at", path: "this.#p" }, "element");
      const distance = at.offset.replace(/^at/, context === "element" ? "this.#o" : "0");
      members.line(`#e = []; get(i) { ${checkIndex}`);
      members.line(`return this.#e[i] ??= new ${child}(this.#a, ${distance}, ${at.path}); }`);
    } else {
      emitMethod(members, "get(i)", context, (body) => {
        body.line(checkIndex);
        emitReturn(body, element, at);
      });
    }
    emitMethod(members, "set(i, v)", context, (body) => {
      body.line(checkIndex);
      this.#emitStore(body, element, at, "v");
    });
    const emitCopyFrom = (body: Emitter) => this.#emitStore(body, layout, place, "v");
    emitMethod(members, "copyFrom(v)", context, emitCopyFrom);
    emitMethod(members, "copyTo(target)", context, (body) => {
      body.line(`const n = $.copyCount(target, ${count});`);
      body.line("for (let i = 0; i < n; i++) {");
      body.line(`target[i] = ${emitRead(body, element, at)}; }`);
      body.line("return n;");
    });
    emitMethod(members, "toArray()", context, (body) => emitReturn(body, layout, place));
    members.line(`get length() { return ${count}; } [$.INSPECT]() { return this.toArray(); }`);
    this.#emitClass(`${name} extends $.ArrayCursor`, context, ["super();"], members);
    return name;
  }

  #compound(layout: StructLayout | ArrayLayout, place: Place, context: Context): string {
    return layout.kind === "struct"
      ? this.struct(layout, place, context)
      : this.#array(layout, place, context);
  }

  #emitClass(head: string, context: Context, statements: string[], members: Emitter): void {
    const isElement = context === "element";
    this.#out.line(`class ${head} {`);
    this.#out.line(isElement ? "#a; #o; #p; constructor(a, o, p) {" : "#a; constructor(a) {");
    this.#out.line(statements.join(" "));
    this.#out.line(isElement ? "this.#a = a; this.#o = o; this.#p = p;" : "this.#a = a;");
    // What is no field must not vanish into the object, however it is put there.
    this.#out.line("Object.preventExtensions(this); }");
    this.#out.line(members.source());
    this.#out.line("}");
  }
}

function emitRefusal(out: Emitter, _layout: TypeLayout, place: Place): void {
  out.line(`$.refuseWrite(${place.path});`);
}

function emitMethod(
  out: Emitter,
  head: string,
  context: Context,
  emitBody: (body: Emitter) => void,
): void {
  out.line(`${head} { ${context === "element" ? ELEMENT_START : FIXED_START}`);
  emitBody(out);
  out.line("}");
}

function emitReturn(out: Emitter, layout: TypeLayout, place: Place): void {
  const value = emitRead(out, layout, place);
  out.line(`return ${value};`);
}
