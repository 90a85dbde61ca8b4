#!/bin/sh
# The good guess: a flock on a file is seen through every name of the file, since it belongs to the file.
# What happens: on bindfs (and other FUSE file systems that work by path) two hard links are two files for the kernel:
# what is locked through one name can be locked exclusively through the other, although "ls -li" shows one inode.
# Seen with: Linux 6.18.44, bindfs 1.14.7 (Debian 12), flock of util-linux 2.38.1
# Needs root and /dev/fuse; takes bindfs from the system, or from its Debian package, unpacked into a temporary folder.
set -eu
work=$(mktemp -d)
cleanup() { umount -l "$work/seen" 2>/dev/null || true; rm -rf "$work"; }
trap cleanup EXIT
mkdir "$work/real" "$work/seen"
if ! command -v bindfs >/dev/null; then
  cd "$work"
  apt-get download bindfs libfuse3-3 >/dev/null
  for package in ./*.deb; do dpkg -x "$package" "$work/unpacked"; done
  PATH="$work/unpacked/usr/bin:$PATH"
  LD_LIBRARY_PATH=$(dirname "$(find "$work/unpacked" -name 'libfuse3.so.3')")
  export PATH LD_LIBRARY_PATH
fi
uname -r
bindfs --version | head -1
flock --version

# Whether a lock through the first name keeps the second from being locked.
try() {
  echo content > "$1/first"
  ln "$1/first" "$1/second"
  flock --shared "$1/first" sh -c "flock --exclusive --nonblock '$1/second' true && echo granted || echo refused"
}
plain=$(try "$work/real")
rm "$work/real/first" "$work/real/second"
bindfs "$work/real" "$work/seen"
fuse=$(try "$work/seen")
ls -li "$work/seen"
echo "plain directory: the exclusive lock through the other name is $plain"
echo "bindfs:          the exclusive lock through the other name is $fuse"
[ "$plain" = refused ] && [ "$fuse" = granted ]
