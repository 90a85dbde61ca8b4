import { testExample } from "../shared/test-example.ts";

testExample({
  directory: import.meta.dir,
  small: ["--gib", "0.002"],
  says: [/38,\d{3} lines, \d+ errors/, /who asks most: 10\./, /MemoryMappedFile.scan .*MiB/],
  large: ["--gib", "0.2"],
});
