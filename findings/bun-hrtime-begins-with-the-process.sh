#!/bin/sh
# Good guess: `process.hrtime.bigint()` reads the system's monotonic clock, as Node.js's does on Linux, so that two
# processes can tell by it how long something took from one to the other.
# What happens: in Bun it counts from the start of its own process. Times of two processes differ by as much as their
# starts, without an error. `performance.timeOrigin + performance.now()` agrees between processes.
# Seen with: Bun 1.4.5, Node.js 20.20.2, Linux 6.18 x64
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
echo '{}' > package.json
npm install --silent --no-audit --no-fund bun@1.4.5 > /dev/null
cat > clock.mjs <<'EOF'
console.log(String(process.hrtime.bigint() / 1_000_000n), performance.timeOrigin + performance.now());
EOF
# Two runs, a second apart: by a clock of the system the second one is later.
later() {
  first=$("$@" clock.mjs | cut -d' ' -f"$field")
  sleep 1
  second=$("$@" clock.mjs | cut -d' ' -f"$field")
  awk "BEGIN { exit !($second - $first > 900) }" && echo "agrees" || echo "does not agree"
}
field=1
bun=$(later node_modules/.bin/bun)
node=$(later node)
field=2
origin=$(later node_modules/.bin/bun)
echo "bun $(node_modules/.bin/bun --version), node $(node --version), $(uname -sr)"
echo "process.hrtime of two processes: Bun's $bun, Node's $node; performance.timeOrigin + now() of Bun $origin"
[ "$bun, $node, $origin" = "does not agree, agrees, agrees" ] || { echo "behaviour has changed"; exit 1; }
