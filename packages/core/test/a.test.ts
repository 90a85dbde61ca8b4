import { expect, test } from "bun:test";
import { placeholder } from "@isthmus/core";
test("x", () => { expect(placeholder).toBe(1); });
