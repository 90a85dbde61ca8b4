#!/bin/sh
# Good guess: a JetStream stream with `discard: new` and `max_bytes` refuses what does not fit any more, and keeps what it has
# acknowledged.
# What happens: the server compares with the length of the payload, and then counts the record, which is some 30 bytes and its
# subject longer. What fits by the one and not by the other is acknowledged, and the oldest message, acknowledged long ago, is
# thrown away for it; so is the next one for the next. Who must lose nothing leaves a margin, or limits the number of messages.
# Seen with: nats-server 2.9.10 (Debian 12), @nats-io/transport-node and @nats-io/jetstream 3.4.0
set -eu
work=$(mktemp -d)
trap 'kill "$server" 2> /dev/null || true; rm -rf "$work"' EXIT
server=
cd "$work"
program=$(PATH="$PATH:/usr/sbin" command -v nats-server)
echo '{"type":"module"}' > package.json
npm install --silent --no-audit --no-fund @nats-io/transport-node@3.4.0 @nats-io/jetstream@3.4.0 > /dev/null
"$program" -a 127.0.0.1 -p -1 -js -sd "$work/store" --ports_file_dir "$work" > log 2>&1 &
server=$!
cat > full.js <<'EOF'
import { readdirSync, readFileSync } from "node:fs";
import { connect } from "@nats-io/transport-node";
import { jetstream, jetstreamManager } from "@nats-io/jetstream";

let file;
while (file === undefined) {
  await new Promise((resolve) => setTimeout(resolve, 50));
  file = readdirSync(".").find((name) => name.endsWith(".ports"));
}
const nats = await connect({ servers: JSON.parse(readFileSync(file, "utf8")).nats[0] });
const jsm = await jetstreamManager(nats);
await jsm.streams.add({ name: "S", subjects: ["s"], discard: "new", max_bytes: 1000 });
let acknowledged = 0;
let refused = 0;
for (let count = 0; count < 20; count++) {
  await jetstream(nats).publish("s", "x".repeat(81)).then(() => acknowledged++, () => refused++);
}
const { state } = await jsm.streams.info("S");
console.log(`${nats.info.version}: acknowledged ${acknowledged}, refused ${refused}, kept ${state.messages} from number ${state.first_seq} on`);
await nats.close();
process.exit(acknowledged > state.messages ? 0 : 1);
EOF
run=$(command -v node || command -v bun)
"$run" full.js || { echo "behaviour has changed"; exit 1; }
