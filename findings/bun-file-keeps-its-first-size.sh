#!/bin/sh
# Good guess: `Bun.file(path)` stands for the file, and `.size` only looks at it.
# What happens: the first `.size` is kept. From then on the object reads that many bytes, also when the file has grown:
# `.text()` gives the old length without an error, while an object whose size was never read gives all of it.
# Seen with: Bun 1.4.5, Linux 6.18 x64
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
echo '{}' > package.json
npm install --silent --no-audit --no-fund bun@1.4.5 > /dev/null
cat > size.ts <<'EOF'
import { appendFileSync, writeFileSync } from "node:fs";

writeFileSync("log", "0123456789");
const asked = Bun.file("log");
const unasked = Bun.file("log");
const before = asked.size;
appendFileSync("log", "abcdefghij");
const result = [before, asked.size, (await asked.text()).length, (await unasked.text()).length];
console.log(`size before ${result[0]}, after ${result[1]}; text of ${result[2]} bytes, unasked ${result[3]} bytes`);
process.exit(result.join() === "10,10,10,20" ? 0 : 1);
EOF
echo "bun $(node_modules/.bin/bun --version), $(uname -sr)"
node_modules/.bin/bun size.ts || { echo "behaviour has changed"; exit 1; }
