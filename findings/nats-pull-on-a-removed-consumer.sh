#!/bin/sh
# Good guess: who asks a JetStream consumer for messages that somebody has just removed is told at once: the client asks for "no
# responders" (503), and `consume()` with `abort_on_missing_resource` ends as soon as the consumer is gone.
# What happens: the server itself listens to all of `$JS.API.>`, so there is a responder, who throws the question away: no answer comes,
# and a request ends by its own timeout. `consume()` is told at once only when the consumer goes while its question waits there; if that
# comes a moment later, it finds out by missing heartbeats: two to three times their interval. Also when the consumer has been made anew by
# then: that one knows nothing of the question, and its messages wait as long. Who makes consumers anew while others use them looks
# behind the first question whether it is still the same one (`created`).
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
cat > pull.js <<'EOF2'
import { readdirSync, readFileSync } from "node:fs";
import { connect } from "@nats-io/transport-node";
import { AckPolicy, jetstream, jetstreamManager } from "@nats-io/jetstream";

let file;
while (file === undefined) {
  await new Promise((resolve) => setTimeout(resolve, 50));
  file = readdirSync(".").find((name) => name.endsWith(".ports"));
}
const nats = await connect({ servers: JSON.parse(readFileSync(file, "utf8")).nats[0] });
const manager = await jetstreamManager(nats);
await manager.streams.add({ name: "S", subjects: ["s"] });
await manager.jetstream().publish("s", "a message");
const add = (more = {}) =>
  manager.consumers.add("S", { durable_name: "d", ack_policy: AckPolicy.Explicit, ...more });
const HEARTBEAT_MS = 1000;
const HOW = { expires: 10_000, idle_heartbeat: HEARTBEAT_MS, abort_on_missing_resource: true };

const nobody = await nats.request("nobody.listens", "", { timeout: 1000 }).catch((error) => error);
const removed = await nats
  .request("$JS.API.CONSUMER.MSG.NEXT.S.removed", "", { timeout: 1000 })
  .catch((error) => error);

/** What comes of a question first, and after how long. */
async function ask(consumer, afterwards) {
  const messages = await jetstream(nats).consumers.getConsumerFromInfo(consumer).consume(HOW);
  let began = performance.now();
  const first = (async () => {
    try {
      for await (const message of messages) return message.string();
      return "the end";
    } catch (error) {
      return error.message;
    }
  })();
  await nats.flush();
  if (afterwards !== undefined) {
    await afterwards();
    began = performance.now();
  }
  return [await first, performance.now() - began];
}

const remove = () => manager.consumers.delete("S", "d");
const LATER = { deliver_policy: "new" };
const behind = await ask(await add(LATER), remove);
const gone = await add();
await remove();
const before = await ask(gone);
const old = await add();
await remove();
const anew = await ask(old, add);
const show = ([what, ms]) => `"${what}" after ${(ms / HEARTBEAT_MS).toFixed(2)} heartbeats`;
console.log(`nats-server ${nats.info.version}`);
console.log(`a subject without subscribers: ${nobody.name}`);
console.log(`a question to a consumer that is not there: ${removed.name}`);
console.log(`removed while a question waits: ${show(behind)}`);
console.log(`removed before the question: ${show(before)}`);
console.log(`removed before the question, and made anew: ${show(anew)}`);
await nats.close();
const isLate = ([, ms]) => ms > 1.5 * HEARTBEAT_MS;
const isSeen = nobody.name !== "TimeoutError" && removed.name === "TimeoutError" && !isLate(behind);
process.exit(isSeen && isLate(before) && isLate(anew) && anew[0] === "a message" ? 0 : 1);
EOF2
node pull.js
