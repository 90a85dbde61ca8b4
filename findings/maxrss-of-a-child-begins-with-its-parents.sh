#!/bin/sh
# Good guess: `process.resourceUsage().maxRSS` of a process that was just started says how much memory it has used itself.
# What happens: on Linux `ru_maxrss` goes through `execve`, and a child that was started by `vfork` or `posix_spawn` borrows its
# parent's memory until then. So a small child of a process with 600 MB says from its first moment that it had 600 MB.
# `VmHWM` of /proc/self/status is its own.
# Seen with: Bun 1.4.5, Linux 6.18 x64
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
echo '{}' > package.json
npm install --silent --no-audit --no-fund bun@1.4.5 > /dev/null
cat > parent.ts <<'EOF'
import { readFileSync } from "node:fs";

if (process.argv[2] === "child") {
  const own = /VmHWM:\s+(\d+)/.exec(readFileSync("/proc/self/status", "utf8"))?.[1];
  console.log(JSON.stringify({ told: process.resourceUsage().maxRSS, own: Number(own) }));
} else {
  const child = (): { told: number; own: number } =>
    JSON.parse(Bun.spawnSync([process.execPath, import.meta.path, "child"]).stdout.toString());
  const before = child();
  const memory = new Uint8Array(600e6).fill(1);
  const after = child();
  const mib = (kib: number) => `${Math.round(kib / 1024)} MiB`;
  console.log(`child of a small parent: maxRSS ${mib(before.told)}, VmHWM ${mib(before.own)}`);
  console.log(`child of a large parent: maxRSS ${mib(after.told)}, VmHWM ${mib(after.own)}`);
  const isSeen = after.told * 1024 > memory.length && after.own * 1024 < memory.length / 2;
  process.exit(isSeen ? 0 : 1);
}
EOF
echo "bun $(node_modules/.bin/bun --version), $(uname -sr)"
node_modules/.bin/bun parent.ts || { echo "behaviour has changed"; exit 1; }
