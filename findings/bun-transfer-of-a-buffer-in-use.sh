#!/bin/sh
# Good guess: after `buffer.transfer(0)` the buffer is detached, or the call has thrown (ECMA-262, ArrayBufferCopyAndDetach).
# What happens: while a pending `fs.promises.writeFile` uses the buffer, `transfer` returns a new buffer, does not throw,
# and does not detach: every typed array still shows the memory. Whoever frees the memory behind it on the strength of
# `transfer` (as an FFI wrapper does) frees memory in use. Only `buffer.detached` tells. Node detaches.
# Seen with: Bun 1.4.5, Node 24.11, Linux 6.18 x64
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
echo '{"type":"module"}' > package.json
npm install --silent --no-audit --no-fund bun@1.4.5 node@24.11.0 > /dev/null
cat > transfer.js <<'EOF'
import { promises } from "node:fs";

const buffer = new ArrayBuffer(1 << 20);
const bytes = new Uint8Array(buffer);
const written = promises.writeFile("/dev/null", bytes);
let outcome = "returned";
try {
  buffer.transfer(0);
} catch (error) {
  outcome = `threw ${error.name}`;
}
const during = bytes.length;
await written.catch(() => {});
if (!buffer.detached) buffer.transfer(0);
console.log(`transfer ${outcome}; length during the call ${during}, after it ${bytes.length}`);
process.exit(process.versions.bun === undefined || (outcome === "returned" && during === 1 << 20 && bytes.length === 0) ? 0 : 1);
EOF
echo "bun $(node_modules/.bin/bun --version), node $(node_modules/.bin/node --version), $(uname -sr)"
printf 'node: '
node_modules/.bin/node transfer.js
printf 'bun:  '
node_modules/.bin/bun transfer.js || { echo "behaviour has changed"; exit 1; }
