import { testExample } from "../shared/test-example.ts";

testExample({
  directory: import.meta.dir,
  small: ["--seconds", "0.1"],
  says: [/[1-9][\d,]* prices read, none of them torn/, /in a SharedTable +[1-9]/],
  large: ["--seconds", "600"],
});
