import { testExample } from "../shared/test-example.ts";

testExample({
  directory: import.meta.dir,
  small: ["--jobs", "20"],
  says: [/killed; 21 jobs, each done once\nworker \d+ was killed; 21 jobs, each done once/],
  large: ["--jobs", "1000000"],
});
