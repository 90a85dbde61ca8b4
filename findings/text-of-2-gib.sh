#!/bin/sh
# Good guess: `TextDecoder.decode` of more bytes than a string can have throws, as `Buffer.toString` of the same bytes does.
# What happens: in Bun, 2 GiB and more of valid UTF-8 decode to an empty string, without an error, also with `fatal: true`. One
# byte less gives all of the text. Who reads a large file and decodes it at once gets nothing, and is told nothing.
# Seen with: Bun 1.4.5, Linux 6.18 x64
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
echo '{}' > package.json
npm install --silent --no-audit --no-fund bun@1.4.5 > /dev/null
cat > decode.mjs <<'EOF'
const [length, how] = [Number(process.argv[2]), process.argv[3]];
const bytes = new Uint8Array(length).fill(97);
let found;
try {
  const text =
    how === "buffer"
      ? Buffer.from(bytes.buffer).toString("utf8")
      : new TextDecoder("utf-8", { fatal: how === "fatal" }).decode(bytes);
  found = `a text of ${text.length}`;
} catch (error) {
  found = error.code ?? error.name;
}
console.log(found);
EOF
bun=node_modules/.bin/bun
whole=$($bun decode.mjs 2147483647)
less=$($bun decode.mjs 2147483648)
strict=$($bun decode.mjs 2147483648 fatal)
buffer=$($bun decode.mjs 2147483648 buffer)
echo "bun $($bun --version), $(uname -sr)"
echo "2^31 - 1 bytes: $whole; 2^31: $less; 2^31, fatal: $strict; 2^31 by Buffer.toString: $buffer"
[ "$whole, $less, $strict" = "a text of 2147483647, a text of 0, a text of 0" ] || { echo "behaviour has changed"; exit 1; }
case "$buffer" in "a text"*) echo "behaviour has changed"; exit 1 ;; esac
