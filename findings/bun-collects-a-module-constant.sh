#!/bin/sh
# Good guess: a `const` at the top of a module lives as long as the module, so what it refers to is not collected.
# What happens: when no later line and no function uses it, its object is collected while the module waits at a top-level
# `await`: the finaliser runs, and whatever the object owned (a lock, a name, a socket) goes with it. Node keeps it.
# Seen with: Bun 1.4.5, Node 20.20, Linux 6.18 x64
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
echo '{"type":"module"}' > package.json
npm install --silent --no-audit --no-fund bun@1.4.5 > /dev/null
cat > constant.js <<'EOF'
let isFinalised = false;
const registry = new FinalizationRegistry(() => {
  isFinalised = true;
});
function make() {
  const owner = { name: "served" };
  registry.register(owner, 0);
  return owner;
}

const owner = make();
console.log(`made ${owner.name}`);

const collect = globalThis.Bun === undefined ? globalThis.gc : () => Bun.gc(true);
for (let round = 0; round < 50 && !isFinalised; round++) {
  collect();
  await new Promise((resolve) => setTimeout(resolve, 5));
}
console.log(`its constant is in scope, and the object was ${isFinalised ? "collected" : "kept"}`);
process.exit(process.versions.bun === undefined || isFinalised ? 0 : 1);
EOF
echo "bun $(node_modules/.bin/bun --version), node $(node --version 2> /dev/null || echo none), $(uname -sr)"
if command -v node > /dev/null; then node --expose-gc constant.js | sed 's/^/node: /'; fi
node_modules/.bin/bun constant.js > output && status=0 || status=1
sed 's/^/bun:  /' output
[ "$status" = 0 ] || { echo "behaviour has changed"; exit 1; }
