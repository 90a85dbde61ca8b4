#!/bin/sh
# Good guess: `fs.watch` may merge changes into one event, but tells of something behind the last one: whoever reads a file to its end at
# each event has all of it, sooner or later.
# What happens: Bun leaves a change of a file out that comes less than 2 ms behind one that it has told of, and tells nothing later. A
# reader that was told of the first and has read to the end does not learn of the second until somebody changes the file again: the
# last line of a log stays unread. Node tells. Who follows files looks once more some milliseconds behind each event.
# Seen with: Bun 1.4.5, Node 24.11, Linux 6.18 x64 (ext4)
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
echo '{"type":"module"}' > package.json
npm install --silent --no-audit --no-fund bun@1.4.5 node@24.11.0 > /dev/null
cat > watch.js <<'EOF2'
import { appendFileSync, mkdirSync, watch, writeFileSync } from "node:fs";

const ROUNDS = 50;
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
mkdirSync("watched", { recursive: true });
writeFileSync("watched/log", "");
let onEvent = () => {};
const watcher = watch("watched", () => onEvent());
let untold = 0;
for (let round = 0; round < ROUNDS; round++) {
  // Longer than anything is left out.
  await pause(30);
  await new Promise((resolve) => {
    onEvent = resolve;
    appendFileSync("watched/log", "first\n");
  });
  const second = new Promise((resolve) => {
    onEvent = () => resolve(true);
  });
  appendFileSync("watched/log", "second\n");
  if (!(await Promise.race([second, pause(200)]))) untold++;
  onEvent = () => {};
}
watcher.close();
console.log(untold);
EOF2
bun=$(./node_modules/.bin/bun watch.js)
node=$(./node_modules/.bin/node watch.js)
echo "Bun $(./node_modules/.bin/bun --version): $bun of 50 changes were never told"
echo "Node $(./node_modules/.bin/node --version): $node of 50"
test "$bun" -ge 25 && test "$node" -le 5
