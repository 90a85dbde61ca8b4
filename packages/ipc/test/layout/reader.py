"""Prints a segment as one line of JSON: reader.py NAME. The canonical text of a struct's schema comes by stdin, or from
the segment itself."""

import json
import math
import os
import struct
import sys

import cells
import record
import segment
import system


def observe(name, text):
    """Looks at a segment read-only, without a lock: nobody notices."""
    fd = os.open(os.path.join(segment.directory(), name), os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    superblock = segment.decode_superblock(os.pread(fd, segment.HEAD_BYTES, 0), os.fstat(fd).st_size)
    sections = superblock.pop("sections")
    read = lambda key: os.pread(fd, sections[key][1], sections[key][0]) if key in sections else b""
    participants = list(participants_of(fd, sections, read(segment.PARTICIPANTS)))
    texts = schema_of(superblock, read(segment.SCHEMA))
    if not text and texts and superblock["kind"] == segment.STRUCT:
        text = texts[0]
    return {
        "superblock": superblock,
        "sections": [{"id": key, "offset": at, "length": size} for key, (at, size) in sections.items()],
        "isHeld": system.is_byte_locked(fd, 0),
        "participants": participants,
        "cells": [
            dict(zip(segment.CELL_FIELDS, words))
            for words in struct.iter_unpack("<4I48x", read(segment.CELLS))
        ],
        "mutex": mutex_of(read(segment.MUTEX), participants),
        "schema": texts,
        "struct": struct_of(fd, superblock, sections, record.Schema(text)) if text else None,
    }


def participants_of(fd, sections, table):
    used = struct.unpack_from("<I", table, segment.USED)[0] if table else 0
    table = table[: used * segment.SLOT_BYTES]
    for slot, fields in enumerate(segment.SLOT.iter_unpack(table)):
        if fields[0] == 0:
            continue
        start = sections[segment.PARTICIPANTS][0] + slot * segment.SLOT_BYTES
        *values, length, name = fields
        yield {
            "slot": slot,
            **dict(zip(segment.SLOT_FIELDS, values)),
            "name": name[: min(length, 60)].decode(errors="replace"),
            "isAlive": system.is_byte_locked(fd, start),
        }


def mutex_of(block, participants):
    if not block:
        return None
    owner, acquisitions, contentions, recoveries, seconds, nanoseconds = struct.unpack_from("<4Iqq", block, 64)
    (strategy,) = struct.unpack_from("<I", block, 96)
    holder = next((one for one in participants if one["slot"] == owner - 1), None)
    return {
        "owner": holder and {"pid": holder["pid"], "isAlive": holder["isAlive"]},
        "strategy": {1: "robustMutex", 2: "ownerWord"}.get(strategy, "unknown"),
        "acquisitions": acquisitions, "contentions": contentions, "recoveries": recoveries,
        "sinceMs": seconds * 1000 + nanoseconds // 10**6,
    }  # fmt: skip


def schema_of(superblock, block):
    """The texts of the schema section; none where there is no section, or its texts are not what the fingerprint is of."""
    if len(block) < 16:
        return None
    record_bytes, response_bytes = struct.unpack_from("<2I", block)
    segment.check("texts", record_bytes + response_bytes <= min(len(block) - 16, 2**20), (record_bytes, response_bytes))
    texts = [block[16 : 16 + record_bytes].decode(), block[16 + record_bytes :][:response_bytes].decode()]
    found = record.fingerprint(texts[0])
    if superblock["kind"] == segment.SERVICE:
        found = record.fingerprint(f"isthmus service {found:016x} {record.fingerprint(texts[1]):016x}")
    else:
        texts.pop()
    return texts if f"{found:016x}" == superblock["fingerprint"] else None


def struct_of(fd, superblock, sections, schema):
    segment.check("kind", superblock["kind"] == segment.STRUCT, superblock["kind"])
    expected = f"{schema.fingerprint:016x}"
    segment.check("fingerprint", superblock["fingerprint"] == expected, superblock["fingerprint"])
    start = sections[segment.STATE][0]
    load = lambda: struct.unpack("<I", os.pread(fd, 4, start))[0]
    copy = lambda index, length: os.pread(fd, length, start + cells.COPIES_OFFSET + index * length)
    version, value = cells.decode(cells.read_copy(load, copy, schema), schema)
    return {"fingerprint": expected, "version": version, "value": plain(value)}


def plain(value):
    """As JSON has it: bytes are lists, and numbers that JSON has not, or not exactly, are strings."""
    if isinstance(value, dict):
        return {name: plain(item) for name, item in value.items()}
    if isinstance(value, (list, bytes)):
        return [plain(item) for item in value]
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 2**53:
        return str(value)
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


print(json.dumps(observe(sys.argv[1], sys.stdin.read())))
