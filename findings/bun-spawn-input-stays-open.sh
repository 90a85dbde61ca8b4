#!/bin/sh
# The good guess: what `Bun.spawn({ stdin: bytes })` opens for a child's input is closed when the child has ended, and a program
# that runs one child after the other needs no more descriptors than for one.
# What happens: on Linux the input is a memfd, and the parent's descriptor of it stays open until the garbage collector comes
# by, which a loop of small children does not make it do. The limit is reached first: posix_spawn says EMFILE. A file that the
# program opens, gives as `stdin` and closes itself does not have that; neither has "pipe".
# Seen with: Bun 1.4.5, Linux 6.18.44 x64
set -eu
[ "$(uname -sm)" = "Linux x86_64" ] || { echo "needs Linux x64"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts @oven/bun-linux-x64@1.4.5 > /dev/null
bun="$work/node_modules/@oven/bun-linux-x64/bin/bun"
cat > children.mjs <<'EOF'
import { closeSync, openSync, writeFileSync } from "node:fs";

writeFileSync("input", "hi\n");
let count = 0;
const run = async (open) => {
  try {
    for (count = 0; count < 1000; count++) {
      const stdin = open();
      const child = Bun.spawn(["true"], { stdin, stdout: "ignore", stderr: "ignore" });
      if (typeof stdin === "number") closeSync(stdin);
      await child.exited;
    }
    return "all";
  } catch (error) {
    return error.code;
  }
};
console.log(`a file: ${await run(() => openSync("input", "r"))}`);
console.log(`bytes: ${await run(() => new Uint8Array([104, 105, 10]))}`);
console.error(`after ${count} children`);
EOF
echo "Linux $(uname -r), Bun $("$bun" --version), 256 descriptors"
ulimit -n 256
"$bun" children.mjs > answers
cat answers
[ "$(cat answers)" = "a file: all
bytes: EMFILE" ] || { echo "behaviour has changed"; exit 1; }
