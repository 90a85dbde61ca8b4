"""What a segment needs of the kernel and the C library, through ctypes. Linux, x86-64 and arm64."""

import ctypes
import errno
import fcntl
import os
import platform
import struct
import time

LIBC = ctypes.CDLL(None, use_errno=True)

FUTEX_NUMBER = {"x86_64": 202, "aarch64": 98}[platform.machine()]
FUTEX_WAKE = 1
FUTEX_WAKE_OP = 5
EVERYBODY = 0x7FFFFFFF

F_OFD_GETLK = 36
F_OFD_SETLK = 37
FLOCK = struct.Struct("hhxxxxqqixxxx")  # struct flock: type, whence, start, length, pid

# Python has no atomics of its own. Compilers that call them as functions bring this library.
try:
    ATOMIC = ctypes.CDLL("libatomic.so.1")
except OSError:
    ATOMIC = None
SEQ_CST = 5

# FUTEX_WAKE_OP's operations; SHIFT makes the argument 1 << argument.
SET, ADD, OR, AND_NOT, SHIFT = 0, 1, 2, 3, 8

# A futex on which nobody sleeps.
NOBODY = ctypes.c_uint32(0)


def futex(address, operation, value, value2=0, address2=0, value3=0):
    result = LIBC.syscall(
        ctypes.c_long(FUTEX_NUMBER),
        ctypes.c_void_p(address),
        ctypes.c_int(operation),
        ctypes.c_uint32(value),
        ctypes.c_void_p(value2),
        ctypes.c_void_p(address2),
        ctypes.c_uint32(value3),
    )
    if result < 0:
        raise OSError(ctypes.get_errno(), "futex")


def atomic(address, operation, argument):
    """Changes a word atomically, with a full barrier: the kernel does it, for want of atomics in Python."""
    code = operation << 28 | (argument & 0xFFF) << 12
    futex(ctypes.addressof(NOBODY), FUTEX_WAKE_OP, 1, 0, address, code)


def compare_exchange(address, expected, value):
    """Sets a word if it is what is expected; returns what it was."""
    if ATOMIC is None:
        raise NotImplementedError("needs libatomic.so.1")
    found = ctypes.c_uint32(expected)
    exchange = ATOMIC.__atomic_compare_exchange_4
    exchange(ctypes.c_void_p(address), ctypes.byref(found), ctypes.c_uint32(value), SEQ_CST, SEQ_CST)
    return found.value


def fence():
    """Orders everything before it before everything behind it."""
    atomic(ctypes.addressof(NOBODY), ADD, 0)


def wake_all(address):
    futex(address, FUTEX_WAKE, EVERYBODY)


def lock_byte(fd, kind, offset):
    """Takes (F_WRLCK), shares (F_RDLCK) or gives back (F_UNLCK) the lock of a byte; whether that succeeded."""
    try:
        fcntl.fcntl(fd, F_OFD_SETLK, FLOCK.pack(kind, os.SEEK_SET, offset, 1, 0))
        return True
    except OSError as error:
        if error.errno in (errno.EAGAIN, errno.EACCES):
            return False
        raise


def is_byte_locked(fd, offset):
    """Whether anybody but this open file has a byte locked."""
    question = FLOCK.pack(fcntl.F_WRLCK, os.SEEK_SET, offset, 1, 0)
    return FLOCK.unpack(fcntl.fcntl(fd, F_OFD_GETLK, question))[0] != fcntl.F_UNLCK


def lock_file(fd, kind):
    """Tries to take the flock of a file, LOCK_SH or LOCK_EX; whether that succeeded."""
    try:
        fcntl.flock(fd, kind | fcntl.LOCK_NB)
        return True
    except BlockingIOError:
        return False


class Timespec(ctypes.Structure):
    _fields_ = [("seconds", ctypes.c_int64), ("nanoseconds", ctypes.c_int64)]


def lock_mutex(address, timeout_s):
    """Locks a robust mutex: ("acquired" or "abandoned", whether it had to wait)."""
    code = LIBC.pthread_mutex_trylock(ctypes.c_void_p(address))
    has_waited = code == errno.EBUSY
    if has_waited:
        end = Timespec(int(time.time() + timeout_s), 0)
        code = LIBC.pthread_mutex_timedlock(ctypes.c_void_p(address), ctypes.byref(end))
    if code == errno.EOWNERDEAD:
        LIBC.pthread_mutex_consistent(ctypes.c_void_p(address))
        return "abandoned", has_waited
    if code != 0:
        raise OSError(code, os.strerror(code), "mutex")
    return "acquired", has_waited


def unlock_mutex(address):
    code = LIBC.pthread_mutex_unlock(ctypes.c_void_p(address))
    if code != 0:
        raise OSError(code, os.strerror(code), "mutex")
