/** What is bridged in tests. */
import {
  type AnyJson,
  type FieldType,
  json,
  type StructSchema,
  struct,
  u32,
  utf8,
} from "@isthmus/ipc";

type Numbers<K extends string> = { readonly [name in K]: FieldType<number> };

/** The fields of {@link Settings}. */
export type SettingsFields = Numbers<"limit" | "level"> & { readonly text: FieldType<string> };

export const Settings: StructSchema<SettingsFields> = struct({
  limit: u32,
  level: u32,
  text: utf8(20),
});
export const Others: StructSchema<Numbers<"limit" | "height">> = struct({
  limit: u32,
  height: u32,
});
const Question: StructSchema<Numbers<"a" | "b">> = struct({ a: u32, b: u32 });
const Sum: StructSchema<Numbers<"sum">> = struct({ sum: u32 });

interface Schemas {
  readonly json: { readonly request: AnyJson; readonly response: AnyJson };
  readonly structs: { readonly request: typeof Question; readonly response: typeof Sum };
}

/** The schemas of services, by name, so that they can be named to other processes. */
export const SERVICES: Schemas = {
  json: { request: json, response: json },
  structs: { request: Question, response: Sum },
};
