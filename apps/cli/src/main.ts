import { placeholder } from "@isthmus/core";
import { buildApplication } from "@stricli/core";

console.log(placeholder, typeof buildApplication, process.argv.slice(2));
