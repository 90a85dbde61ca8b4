import { testExample } from "../shared/test-example.ts";

testExample({
  directory: import.meta.dir,
  small: ["--seconds", "0.2", "--width", "64", "--height", "36"],
  says: [/12 pictures of 64 × 36/, /shared memory .* 0$/m],
  large: ["--seconds", "600"],
});
