import { testExample } from "../shared/test-example.ts";

testExample({
  directory: import.meta.dir,
  small: ["--pages", "8", "--rounds", "2"],
  says: [/shared memory +8 .* 100 of 100/],
  large: ["--pages", "5000"],
});
