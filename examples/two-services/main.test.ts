import { testExample } from "../shared/test-example.ts";

testExample({
  directory: import.meta.dir,
  small: ["--requests", "100"],
  says: [/is asked 100 times/, /shared memory .*\/s/],
  large: ["--requests", "10000000"],
});
