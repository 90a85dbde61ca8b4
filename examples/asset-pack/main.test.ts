import { testExample } from "../shared/test-example.ts";

testExample({
  directory: import.meta.dir,
  small: ["--assets", "100", "--kib", "1"],
  says: [/100 assets in 10\d KiB/, /1 assets, .*\n.*10 assets, .*\n.*100 assets, /],
  large: ["--assets", "1000", "--kib", "64"],
});
