#!/bin/sh
# Good guess: the shorter a callback, the faster, once the compiler has done all it can: a line that never runs costs nothing.
# What happens: the last compiler of Bun's engine takes a new function of less than 100 bytes of bytecode into whoever calls it, and what
# that calls, five levels deep. Here that is a batch, its callback, two calls that pass a record on, and the function that fills it: the
# record's setters would be the sixth, and are called one by one, 4 to 8 times as slow as before, for good, after some million records.
# With a line that never runs the callback is too long to be taken in, has its own five levels, and stays fast. Measure a hot loop for
# millions of rounds, and with a callback as short as a user's.
# Seen with: Bun 1.4.5, Linux 6.18 x64
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
echo '{"type":"module"}' > package.json
npm install --silent --no-audit --no-fund bun@1.4.5 > /dev/null
cat > batch.js <<'EOF'
class Cursor {
  constructor(view) { this.view = view; this.base = 0; }
  set a(v) { this.view.setFloat64(this.base, v, true); }
  set b(v) { this.view.setFloat64(this.base + 8, v, true); }
  set c(v) { this.view.setFloat64(this.base + 16, v, true); }
  set d(v) { this.view.setFloat64(this.base + 24, v, true); }
  set e(v) { this.view.setFloat64(this.base + 32, v, true); }
  set f(v) { this.view.setFloat64(this.base + 40, v, true); }
  set g(v) { this.view.setFloat64(this.base + 48, v, true); }
  set h(v) { this.view.setFloat64(this.base + 56, v, true); }
}
class Batch {
  constructor(sender) { this.sender = sender; }
  claim(write) {
    const sender = this.sender;
    if (sender === undefined) throw new Error("over");
    sender.claim(write);
  }
}
class Sender {
  constructor() { this.cursor = new Cursor(new DataView(new ArrayBuffer(1 << 16))); this.isBatch = false; }
  claim(write) {
    const cursor = this.cursor;
    if (cursor.base >= 1 << 16) cursor.base = 0;
    write(cursor);
    cursor.base += 64;
  }
  batch(fill) {
    if (this.isBatch) throw new Error("nested");
    this.isBatch = true;
    const batch = new Batch(this);
    try {
      const result = fill(batch);
      if (result !== undefined) throw new TypeError("asynchronous");
    } finally {
      batch.sender = undefined;
      this.isBatch = false;
    }
  }
}
let next = 0;
const write = (r) => { r.a = next; r.b = next + 1; r.c = next + 2; r.d = next + 3; r.e = next + 4; r.f = next + 5; r.g = next + 6; r.h = next + 7; next++; };
const sender = new Sender();
const isShort = process.argv[2] === "short";
const times = [];
for (let round = 0; round < 100; round++) {
  const began = performance.now();
  for (let i = 0; i < 400; i++) {
    if (isShort) {
      sender.batch((batch) => {
        for (let k = 0; k < 256; k++) batch.claim(write);
      });
    } else {
      sender.batch((batch) => {
        for (let k = 0; k < 256; k++) batch.claim(write);
        if (next < 0) console.log(next + 1, next + 2, next + 3, next + 4, next + 5, next + 6);
      });
    }
  }
  times.push(((performance.now() - began) * 1e6) / 102400);
}
const late = times.slice(60).sort((x, y) => x - y);
console.log(late[20].toFixed(1));
EOF
bun=./node_modules/.bin/bun
slower=0
for run in 1 2 3 4 5; do
  short=$($bun batch.js short)
  long=$($bun batch.js long)
  echo "Bun $($bun --version): a record takes $short ns by a short callback, $long ns by one with a line that never runs"
  if [ "$(awk "BEGIN { print ($short > 2 * $long) }")" = 1 ]; then slower=$((slower + 1)); fi
done
test "$slower" -ge 3
