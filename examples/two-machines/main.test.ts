import { findNatsServer } from "@isthmus/programs/nats-server";
import { testExample } from "../shared/test-example.ts";

if (findNatsServer() !== undefined) {
  testExample({
    directory: import.meta.dir,
    small: ["--readings", "400", "--rate", "400", "--cut", "300"],
    says: [
      /400 readings, 400 a second, between two (network namespaces|directories of names)/,
      /the link is healed: [\d,]+ to catch up with, done in/,
      /over a bridge +400 +0 +0 /,
    ],
    large: ["--readings", "10000000"],
  });
}
