"""Takes part in a shared struct on command: one JSON object per line in, one per line out."""

import json
import os
import signal
import sys

import cells
import record

shared = None


def answer(line):
    print(json.dumps(line), flush=True)


def open_struct(name, text, has_slot=True):
    global shared
    shared = cells.SharedStruct(name, record.Schema(text))
    if has_slot:
        shared.join("writer.py")
    return shared.read()[0]


def account(record):
    """Moves an amount between two places, and counts: the sum stays, the checksum follows the count."""
    record["count"] += 1
    amount = record["count"] % 7
    record["places"][record["count"] % 4] += amount
    record["places"][(record["count"] + 1) % 4] -= amount
    record["checksum"] = record["count"] * 2654435761 % 2**32
    record["label"] = f"python {record['count']}"


def update(times):
    for _ in range(times):
        version = shared.update(account)
    return version


def read(times):
    """Reads so often; how many records were not what their count says."""
    bad = 0
    for _ in range(times):
        _, value = shared.read()
        is_whole = value["checksum"] == value["count"] * 2654435761 % 2**32
        bad += not (is_whole and sum(value["places"]) == 0)
    return bad


def change(values):
    return shared.update(lambda record: record.update(values))


def die():
    """Dies holding the mutex, with half of the spare copy written."""
    shared.update(account, half_written=lambda: os.kill(os.getpid(), signal.SIGKILL))


def enter():
    """Goes into an update and stays there until the next line comes."""

    def wait():
        answer({"value": "inside"})
        sys.stdin.readline()

    return shared.update(account, half_written=wait)


def recover():
    """Locks and unlocks; how the lock was got."""
    outcome = shared.lock()
    shared.unlock()
    return outcome


def close():
    shared.leave()


OPERATIONS = {
    "open": open_struct, "update": update, "read": read, "change": change, "die": die,
    "enter": enter, "recover": recover, "close": close,
}  # fmt: skip

for line in iter(sys.stdin.readline, ""):
    command = json.loads(line)
    try:
        answer({"value": OPERATIONS[command["operation"]](*command["parameters"])})
    except Exception as error:  # whatever it is, the test wants to know
        answer({"error": {"className": type(error).__name__, "code": str(error), "message": str(error)}})
