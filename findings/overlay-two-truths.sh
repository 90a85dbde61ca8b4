#!/bin/sh
# The good guess: fstat(), read() and mmap() of one descriptor speak of the same file.
# What happens on overlayfs (the root of every container): a file of the image that is open for reading when somebody
# writes to it for the first time is copied. fstat() and read() of the old descriptor show the copy from then on; a mapping
# made of it, even afterwards, shows the file that was copied: NULs and SIGBUS where the copy is longer.
# Opening it anew (by /proc/self/fd, too) gives a descriptor whose mappings are right.
# Seen with: Linux 6.18.44 x86_64, Python 3.11.7.
set -eu
[ "$(uname -s)" = Linux ] || { echo "needs Linux"; exit 0; }
if [ "${1:-}" != inside ]; then
  uname -sr
  exec unshare --user --map-root-user --mount sh "$0" inside
fi
directory=$(mktemp -d)
trap 'umount "$directory/merged" "$directory"; rmdir "$directory"' EXIT
mount -t tmpfs none "$directory"
cd "$directory"
mkdir lower upper work merged
printf old > lower/file
mount -t overlay none -o "lowerdir=lower,upperdir=upper,workdir=work" merged
cd /
python3 - "$directory/merged/file" <<'PYTHON'
import mmap, os, platform, sys
print("Python", platform.python_version())
path = sys.argv[1]
reader = os.open(path, os.O_RDONLY)
with open(path, "w") as writer:
    writer.write("new and longer")
def mapped(fd):
    with mmap.mmap(fd, 3, prot=mmap.PROT_READ) as memory:
        return memory[:]
seen = (os.fstat(reader).st_size, os.pread(reader, 3, 0), mapped(reader))
anew = mapped(os.open(f"/proc/self/fd/{reader}", os.O_RDONLY))
print("fstat, read and mapping of the old descriptor:", *seen, "- mapping of a new one:", anew)
sys.exit(0 if seen == (14, b"new", b"old") and anew == b"new" else 1)
PYTHON
