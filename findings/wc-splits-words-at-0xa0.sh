#!/bin/sh
# The good guess: in the C locale, `wc -w` separates words at the six white-space characters of ASCII, as POSIX says.
# Instead, since coreutils 9.5 it separates them at the byte 0xa0, too, as if that were a no-break space. In UTF-8 that
# byte is a part of letters: "Россия" is two words, and so is "Pàdua". POSIXLY_CORRECT=1 turns it off.
# Seen with: coreutils 9.7-3 of Debian 13 (glibc 2.41)
set -eu
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
mkdir -p "$dir/lists/partial" "$dir/cache/archives/partial"
echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://deb.debian.org/debian trixie main" > "$dir/sources"
apt() {
  apt-get -qq -o Dir::Etc::sourcelist="$dir/sources" -o Dir::Etc::sourceparts=- -o Dir::State::lists="$dir/lists" \
    -o Dir::Cache="$dir/cache" -o APT::Sandbox::User=root "$@"
}
cd "$dir"
apt update
apt download coreutils=9.7-3 libc6 libselinux1 libpcre2-8-0 libacl1 libattr1 libgmp10 libssl3t64
for package in *.deb; do dpkg -x "$package" root; done
libraries=root/usr/lib/$(uname -m)-linux-gnu
run_wc() { env -i LC_ALL=C ${2-} "$libraries"/ld-linux-*.so.* --library-path "$libraries" root/usr/bin/wc "$1"; }
run_wc --version | head -1
found=$(printf 'Россия\n' | run_wc -w)
posix=$(printf 'Россия\n' | run_wc -w POSIXLY_CORRECT=1)
echo "words in one Russian word: $found; with POSIXLY_CORRECT: $posix"
[ "$found" = 2 ] && [ "$posix" = 1 ]
