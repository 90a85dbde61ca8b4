#!/bin/sh
# The good guess: only stores can fail for want of space; reading a hole gives zeros, through a mapping as by read().
# What happens on tmpfs (/dev/shm): a look through a mapping allocates the page. On a full tmpfs the kernel cannot, and answers a
# mere read with SIGBUS (here asked for by MADV_POPULATE_READ, which says EFAULT instead); read() gives zeros all the time.
# ext4 gives zeros both ways.
# Seen with: Linux 6.18.44 x86_64, Python 3.11.7.
set -eu
[ "$(uname -s)" = Linux ] || { echo "needs Linux"; exit 0; }
if [ "${1:-}" != inside ]; then
  uname -sr
  exec unshare --user --map-root-user --mount sh "$0" inside
fi
directory=$(mktemp -d)
trap 'umount "$directory"; rmdir "$directory"' EXIT
mount -t tmpfs -o size=1m none "$directory"
python3 - "$directory" <<'PYTHON'
import errno, mmap, os, platform, sys
print("Python", platform.python_version())
page, directory = mmap.PAGESIZE, sys.argv[1]
POPULATE_READ = 22
hole = os.open(directory + "/hole", os.O_RDWR | os.O_CREAT)
os.ftruncate(hole, page)
with open(directory + "/filling", "wb", buffering=0) as filling:
    try:
        while filling.write(bytes(page)):
            pass
    except OSError as error:
        print("filled:", errno.errorcode[error.errno])
by_read = os.pread(hole, page, 0) == bytes(page)
with mmap.mmap(hole, page, prot=mmap.PROT_READ) as mapped:
    try:
        mapped.madvise(POPULATE_READ)
        by_mapping = "granted"
    except OSError as error:
        by_mapping = errno.errorcode[error.errno]
print("read():", "zeros" if by_read else "something else", "- through a mapping:", by_mapping)
sys.exit(0 if by_read and by_mapping == "EFAULT" else 1)
PYTHON
