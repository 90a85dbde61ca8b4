#!/bin/sh
# The good guess: `open(O_WRONLY | O_NONBLOCK)` says ENXIO for a pipe that nobody reads, as fifo(7) has it; so whether somebody
# still reads standard output (`command | head`) can be asked by opening /proc/self/fd/1, without writing anything.
# What happens: that is so for a pipe with a name only. For one of pipe(2) the open succeeds, reader or not. An empty write
# succeeds, too. Only a write of a byte, or poll(2), tells.
# Seen with: Linux 6.18.44 x64, Bun 1.4.5
set -eu
[ "$(uname -sm)" = "Linux x86_64" ] || { echo "needs Linux x64"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts @oven/bun-linux-x64@1.4.5 > /dev/null
bun="$work/node_modules/@oven/bun-linux-x64/bin/bun"
cat > ask.mjs <<'EOF'
import { closeSync, constants, existsSync, openSync, writeSync } from "node:fs";

// Until the reader of standard output has gone.
while (!existsSync("gone")) await Bun.sleep(10);
const ask = (what) => {
  try {
    what();
    return "succeeds";
  } catch (error) {
    return error.code;
  }
};
const open = (path) => closeSync(openSync(path, constants.O_WRONLY | constants.O_NONBLOCK));
const answers = [
  ["named pipe", ask(() => open("named"))],
  ["/proc/self/fd/1", ask(() => open("/proc/self/fd/1"))],
  ["empty write", ask(() => writeSync(1, new Uint8Array(0)))],
  ["write", ask(() => writeSync(1, "x"))],
];
writeSync(2, answers.map(([what, answer]) => `${what}: ${answer}\n`).join(""));
EOF
mkfifo named
# The one that leaves the note has nothing of the pipe open any more.
"$bun" ask.mjs 2> answers | { exec < /dev/null; touch gone; }
echo "Linux $(uname -r), Bun $("$bun" --version)"
cat answers
[ "$(cat answers)" = "named pipe: ENXIO
/proc/self/fd/1: succeeds
empty write: succeeds
write: EPIPE" ] || { echo "behaviour has changed"; exit 1; }
