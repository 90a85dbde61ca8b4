#!/bin/sh
# The good guess: a process at the limit of mappings (vm.max_map_count) can still put one mapping in the place of another
# (mmap with MAP_FIXED over exactly that range): it has no more mappings afterwards than before.
# What happens: ENOMEM. The kernel counts before it looks at what is replaced; one unmapping elsewhere, and it works.
# So a handler that is to repair memory at the limit must keep mappings of its own to give up.
# Seen with: Linux 6.18.44 x86_64 (limit 65530), Python 3.11.7.
set -eu
[ "$(uname -s)" = Linux ] || { echo "needs Linux"; exit 0; }
uname -sr
exec python3 - <<'PYTHON'
import ctypes, errno, os, platform, sys, tempfile
libc = ctypes.CDLL(None, use_errno=True)
libc.mmap.restype = ctypes.c_void_p
libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t] + [ctypes.c_int] * 3 + [ctypes.c_long]
libc.munmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
FAILED = ctypes.c_void_p(-1).value
READ, SHARED, PRIVATE, FIXED, ANONYMOUS = 1, 1, 2, 16, 32
page = os.sysconf("SC_PAGE_SIZE")
print("Python", platform.python_version(), "limit", open("/proc/sys/vm/max_map_count").read().strip())
with tempfile.TemporaryFile() as file:
    file.truncate(page)
    mapped = []
    while (address := libc.mmap(None, page, READ, SHARED, file.fileno(), 0)) != FAILED:
        mapped.append(address)  # the same page each time, so that neighbours are never merged
    print(len(mapped), "mappings, then", errno.errorcode[ctypes.get_errno()])
    def replace():
        done = libc.mmap(mapped[0], page, READ, PRIVATE | FIXED | ANONYMOUS, -1, 0)
        return "granted" if done == mapped[0] else errno.errorcode[ctypes.get_errno()]
    at_limit = replace()
    libc.munmap(mapped.pop(), page)
    below = replace()
    print("replacing one at the limit:", at_limit, "- after one was unmapped:", below)
    sys.exit(0 if (at_limit, below) == ("ENOMEM", "granted") else 1)
PYTHON
