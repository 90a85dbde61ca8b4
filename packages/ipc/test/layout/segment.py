"""Segments: the superblock, holding a name, participants, wait cells and the mutex."""

import ctypes
import errno
import fcntl
import mmap
import os
import struct
import time

import system

MAGIC = b"ISTHMUS\0"
HEAD_BYTES = 4096
VERSION = 0x00020001
READY = 1
BYTE_ORDER = 0x01020304
PERSISTENT = 1
STRUCT, SERVICE = 5, 8
PARTICIPANTS, CELLS, MUTEX, STATE, SCHEMA = 2, 3, 4, 5, 8
SLOT_BYTES, CELL_BYTES = 128, 64
USED = 44
ROLE_USER = 1
GLIBC_ROBUST = 0x92
ROBUST_MUTEX, OWNER_WORD = 1, 2  # strategies

SUPERBLOCK = struct.Struct("<8sIIIIIIQQQQIII52xI200s")
SLOT = struct.Struct("<IIIIQQQI20xI60s")
SLOT_FACTS, SLOT_NAME = struct.Struct("<IIIIQQQI"), struct.Struct("<I60s")
SLOT_FIELDS = ("state", "role", "pid", "generation", "startTicks", "bell", "joinedAt", "armed")
CELL_FIELDS = ("sequence", "armed", "wakes", "timeoutWakes")


class Corrupt(Exception):
    """The file is not what it must be."""


def check(field, condition, found):
    if not condition:
        raise Corrupt(f"{field}: {found}")


def directory():
    chosen = os.environ.get("ISTHMUS_DIR")
    return chosen if chosen else f"/dev/shm/isthmus-{os.getuid()}"


def decode_superblock(head, file_bytes):
    """All of the first page, checked."""
    check("length", len(head) == HEAD_BYTES, len(head))
    magic, version, state, order, abi, kind, flags, total, fingerprint, epoch, created, pid, count, header, length, name = (
        SUPERBLOCK.unpack_from(head)
    )  # fmt: skip
    check("magic", magic == MAGIC, magic)
    check("layoutVersion", version == VERSION, version)
    check("byteOrder", order == BYTE_ORDER, order)
    check("state", state == READY, state)
    check("totalBytes", total == file_bytes, total)
    check("sectionCount", count <= 32, count)
    check("nameLength", length <= 200, length)
    sections = {}
    for index in range(count):
        key, offset, size = struct.unpack_from("<IxxxxQQ", head, 512 + 24 * index)
        check(f"section {key}", header <= offset and offset + size <= total, (offset, size))
        sections[key] = (offset, size)
    return {
        "abi": abi, "kind": kind, "flags": flags, "totalBytes": total, "fingerprint": f"{fingerprint:016x}",
        "epoch": f"{epoch:016x}", "createdAt": created, "creatorPid": pid, "name": name[:length].decode(),
        "sections": sections,
    }  # fmt: skip


def is_same_file(fd, path):
    held = os.fstat(fd)
    try:
        found = os.lstat(path)
    except FileNotFoundError:
        return False
    return (held.st_dev, held.st_ino) == (found.st_dev, found.st_ino)


def hold(path, timeout_s=5):
    """Opens a segment that somebody holds, and holds its name: (fd, superblock)."""
    end = time.monotonic() + timeout_s
    while True:
        fd = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            superblock = decode_superblock(os.pread(fd, HEAD_BYTES, 0), os.fstat(fd).st_size)
            is_persistent = superblock["flags"] & PERSISTENT
            if not is_persistent and system.lock_file(fd, fcntl.LOCK_EX) and is_same_file(fd, path):
                os.unlink(path)
                raise FileNotFoundError(errno.ENOENT, "nobody holds this name", path)
            system.lock_byte(fd, fcntl.F_RDLCK, 0)
            if system.lock_file(fd, fcntl.LOCK_SH) and is_same_file(fd, path):
                return fd, superblock
        except BaseException:
            os.close(fd)
            raise
        os.close(fd)
        if time.monotonic() > end:
            raise TimeoutError(f"{path} is busy")
        time.sleep(0.001)


class Pipes:
    """The bell and the liveness pipe of this process."""

    def __init__(self):
        self.bell = int.from_bytes(os.urandom(8), "little") % 2**53 or 1
        self.fds = [self.make("bell"), self.make("life")]

    def path(self, kind, bell):
        return os.path.join(directory(), f".{kind}-{bell:014x}")

    def make(self, kind):
        path = self.path(kind, self.bell)
        os.mkfifo(path, 0o600)
        fd = os.open(path, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
        system.lock_file(fd, fcntl.LOCK_SH)
        return fd

    def ring(self, bell):
        try:
            fd = os.open(self.path("bell", bell), os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError:
            return  # nobody is there any more
        try:
            os.write(fd, b"\0")
        except (BlockingIOError, BrokenPipeError):
            pass  # rung already, or gone in this moment
        finally:
            os.close(fd)

    def close(self):
        for kind, fd in zip(("bell", "life"), self.fds):
            os.unlink(self.path(kind, self.bell))
            os.close(fd)


class Segment:
    """A segment that this process holds."""

    def __init__(self, name):
        self.path = os.path.join(directory(), name)
        self.fd, self.superblock = hold(self.path)
        self.memory = mmap.mmap(self.fd, self.superblock["totalBytes"])
        self.address = ctypes.addressof(ctypes.c_char.from_buffer(self.memory))
        self.slot = None
        self.pipes = Pipes()

    def section(self, key):
        """Where a section begins in the file, and its length."""
        found = self.superblock["sections"].get(key)
        check(f"section {key}", found is not None, found)
        return found

    def at(self, key, offset=0):
        """The address of a place in a section."""
        return self.address + self.section(key)[0] + offset

    def load(self, address):
        return ctypes.c_uint32.from_address(address).value

    def store(self, address, value):
        ctypes.c_uint32.from_address(address).value = value

    def slot_count(self):
        return self.section(PARTICIPANTS)[1] // SLOT_BYTES

    def used_count(self):
        return min(self.load(self.at(PARTICIPANTS, USED)), self.slot_count())

    def join(self, name):
        """Takes a free slot, or a dead participant's: a struct has nothing to clear up after one."""
        for wanted in ("free", "new", "dead"):
            used = self.load(self.at(PARTICIPANTS, USED))
            if wanted == "new" and used < self.slot_count():
                # Nothing behind the slots in use need have been allocated.
                os.posix_fallocate(self.fd, self.section(PARTICIPANTS)[0] + used * SLOT_BYTES, SLOT_BYTES)
                if system.compare_exchange(self.at(PARTICIPANTS, USED), used, used + 1) != used:
                    return self.join(name)
            for slot in range(self.used_count()):
                if wanted != "dead" and self.load(self.at(PARTICIPANTS, slot * SLOT_BYTES)) != 0:
                    continue
                byte = self.section(PARTICIPANTS)[0] + slot * SLOT_BYTES
                if not system.lock_byte(self.fd, fcntl.F_WRLCK, byte):
                    continue
                if wanted != "dead" and self.load(self.at(PARTICIPANTS, slot * SLOT_BYTES)) != 0:
                    system.lock_byte(self.fd, fcntl.F_UNLCK, byte)
                    continue
                return self.fill(slot, name.encode()[:60])
        raise BlockingIOError(errno.EAGAIN, "all slots are taken")

    def fill(self, slot, name):
        self.slot = slot
        start = self.section(PARTICIPANTS)[0] + slot * SLOT_BYTES
        generation = (SLOT.unpack_from(self.memory, start)[3] + 1) % 2**32
        with open("/proc/self/stat", encoding="utf8") as stat:
            ticks = int(stat.read().rpartition(") ")[2].split(" ")[19])
        now = int(time.time() * 1000)
        # Not what is between them: others may just be raising how many slots are in use.
        facts = (ROLE_USER, os.getpid(), generation, ticks, self.pipes.bell, now, 0)
        SLOT_FACTS.pack_into(self.memory, start, 0, *facts)
        SLOT_NAME.pack_into(self.memory, start + 64, len(name), name)
        system.fence()
        self.store(self.at(PARTICIPANTS, slot * SLOT_BYTES), 1)

    def leave(self):
        if self.slot is not None:
            start = self.at(PARTICIPANTS, self.slot * SLOT_BYTES)
            self.store(start + 40, 0)
            self.store(start, 0)
            system.fence()
        self.pipes.close()
        is_persistent = self.superblock["flags"] & PERSISTENT
        is_last = not is_persistent and system.lock_file(self.fd, fcntl.LOCK_EX)
        if is_last and is_same_file(self.fd, self.path):
            os.unlink(self.path)
        os.close(self.fd)

    def lock(self, timeout_s=10):
        """Locks the mutex and says so to observers; "abandoned" when the last owner died holding it."""
        mutex = self.at(MUTEX)
        strategy = self.load(mutex + 96)
        check("strategy", strategy in (ROBUST_MUTEX, OWNER_WORD), strategy)
        if strategy == ROBUST_MUTEX:
            # Other values would make glibc abort the process, or forget the owner's death.
            check("mutex type", self.load(mutex + 16) == GLIBC_ROBUST, self.load(mutex + 16))
            outcome, has_waited = system.lock_mutex(mutex, timeout_s)
        else:
            outcome, has_waited = self.lock_word(timeout_s)
        for offset, is_counted in ((68, True), (72, has_waited), (76, outcome == "abandoned")):
            self.store(mutex + offset, (self.load(mutex + offset) + is_counted) % 2**32)
        now = time.clock_gettime_ns(time.CLOCK_REALTIME)
        start = self.section(MUTEX)[0]
        struct.pack_into("<qq", self.memory, start + 80, now // 10**9, now % 10**9)
        self.store(mutex + 64, 0 if self.slot is None else self.slot + 1)
        return outcome

    def unlock(self):
        mutex = self.at(MUTEX)
        self.store(mutex + 64, 0)
        if self.load(mutex + 96) == ROBUST_MUTEX:
            system.unlock_mutex(mutex)
        else:
            found = system.compare_exchange(mutex + 100, self.name_of_life(), 0)
            check("holder", found == self.name_of_life(), found)
        self.wake(0)

    def generation_of(self, slot):
        return self.load(self.at(PARTICIPANTS, slot * SLOT_BYTES + 12)) & 0x1FFFF

    def name_of_life(self):
        check("slot", self.slot is not None, "only participants can hold this mutex")
        return self.slot + 1 | self.generation_of(self.slot) << 15

    def is_over(self, name):
        """Whether the life that a name means has ended."""
        slot = (name & 0x7FFF) - 1
        check("holder", 0 <= slot < self.slot_count(), slot)
        if slot >= self.used_count() or self.generation_of(slot) != name >> 15:
            return True
        byte = self.section(PARTICIPANTS)[0] + slot * SLOT_BYTES
        return slot != self.slot and not system.is_byte_locked(self.fd, byte)

    def lock_word(self, timeout_s):
        """Locks a mutex of strategy 2, looking every millisecond: ("acquired" or "abandoned", whether it waited)."""
        holder, own = self.at(MUTEX, 100), self.name_of_life()
        end, has_waited = time.monotonic() + timeout_s, False
        while True:
            found = system.compare_exchange(holder, 0, own)
            if found == 0:
                return "acquired", has_waited
            if self.is_over(found) and system.compare_exchange(holder, found, own) == found:
                return "abandoned", has_waited
            if time.monotonic() > end:
                raise TimeoutError("the mutex is held")
            has_waited = True
            time.sleep(0.001)

    def wake(self, number):
        """Wakes everybody who waits at a cell, after the change that they wait for has been stored."""
        sequence = self.at(CELLS, number * CELL_BYTES)
        armed, wakes = sequence + 4, sequence + 8
        system.atomic(armed, system.ADD, 0)  # the barrier between the change and the look
        if self.load(armed) == 0:
            return
        # The value before cannot be had, so everything is done that it might ask for.
        system.atomic(armed, system.SET, 0)
        system.atomic(wakes, system.ADD, 1)
        system.atomic(sequence, system.ADD, 1)
        system.wake_all(sequence)
        for slot in range(self.used_count()):
            start = self.at(PARTICIPANTS, slot * SLOT_BYTES)
            if self.load(start + 40) & 1 << number:
                system.atomic(start + 40, system.SHIFT | system.AND_NOT, number)
                self.pipes.ring(ctypes.c_uint64.from_address(start + 24).value % 2**53)
