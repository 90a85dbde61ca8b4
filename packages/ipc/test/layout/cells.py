"""The record of a shared struct: four copies and a counter."""

import struct

import segment
import system

COPY_COUNT = 4
COPIES_OFFSET = 64
HEADER_BYTES = 16
MOVES_MAX = 2
TRIES_MAX = 100_000


def copy_bytes(record_bytes):
    return (HEADER_BYTES + record_bytes + 63) // 64 * 64


def read_copy(load, copy, schema):
    """The current copy, whole. `load()` gives the counter, `copy(i, length)` the bytes of a copy."""
    length = copy_bytes(schema.size)
    for _ in range(TRIES_MAX):
        sequence = load()
        own = copy(sequence % COPY_COUNT, length)
        system.fence()
        if (load() - sequence) % 2**32 <= MOVES_MAX:
            return own
    raise segment.Corrupt("the counter never stands still")


def decode(own, schema):
    """(version, value) of a copy."""
    version = struct.unpack_from("<Q", own)[0] % 2**53
    return version, schema.decode(own[HEADER_BYTES : HEADER_BYTES + schema.size])


class SharedStruct(segment.Segment):
    """A shared struct that this process holds."""

    def __init__(self, name, schema):
        super().__init__(name)
        self.schema = schema
        block = self.superblock
        segment.check("kind", block["kind"] == segment.STRUCT, block["kind"])
        expected = f"{schema.fingerprint:016x}"
        segment.check("fingerprint", block["fingerprint"] == expected, block["fingerprint"])
        start, length = self.section(segment.STATE)
        needed = COPIES_OFFSET + COPY_COUNT * copy_bytes(schema.size)
        segment.check("state length", length == needed, length)
        self.state = start

    def copy_at(self, index):
        return self.state + COPIES_OFFSET + index * copy_bytes(self.schema.size)

    def sequence(self):
        return self.load(self.address + self.state)

    def read(self):
        """(version, value), without a lock."""
        copy = lambda index, length: self.memory[self.copy_at(index) : self.copy_at(index) + length]
        return decode(read_copy(self.sequence, copy, self.schema), self.schema)

    def publish(self, version, value, half_written=lambda: None):
        """Makes a value the current one. The mutex is held."""
        following = (self.sequence() + 1) % 2**32
        copy = struct.pack("<QQ", version, 0) + self.schema.encode(value)
        copy = copy.ljust(copy_bytes(self.schema.size), b"\0")
        start, middle = self.copy_at(following % COPY_COUNT), len(copy) // 2
        system.fence()
        self.memory[start : start + middle] = copy[:middle]
        half_written()
        self.memory[start + middle : start + len(copy)] = copy[middle:]
        system.fence()
        self.store(self.address + self.state, following)

    def update(self, change, half_written=lambda: None):
        """Changes the value under the mutex; returns the version."""
        self.lock()
        try:
            version, value = self.read()
            change(value)
            self.publish(version + 1, value, half_written)
        finally:
            self.unlock()
            self.wake(1)
        return version + 1
