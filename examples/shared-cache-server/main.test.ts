import { testExample } from "../shared/test-example.ts";

testExample({
  directory: import.meta.dir,
  small: ["--pages", "8", "--rounds", "2", "--limit", "5"],
  says: [/shared memory +8 .* 5 of 5/],
  large: ["--pages", "5000"],
});
