"""Records: the canonical text of a schema, its fingerprint, and values in and out of bytes."""

import json
import struct

SCALARS = {
    "u8": "<B", "u16": "<H", "u32": "<I", "i8": "<b", "i16": "<h", "i32": "<i",
    "u53": "<Q", "u64": "<Q", "i64": "<q", "f32": "<f", "f64": "<d", "bool": "<?",
}  # fmt: skip


def fingerprint(text):
    """FNV-1a of 64 bits."""
    value = 0xCBF29CE484222325
    for byte in text.encode():
        value = (value ^ byte) * 0x100000001B3 % 2**64
    return value


class Type:
    """A type as the canonical text writes it."""

    def __init__(self, text):
        self.kind, _, arguments = text.partition("(")
        arguments = arguments[:-1]
        if self.kind == "array":
            element, _, count = arguments.rpartition(",")
            self.element, self.count = Type(element), int(count)
        elif self.kind == "oneOf":
            self.words = json.loads(f"[{arguments}]")
        elif self.kind in ("utf8", "bytes"):
            self.capacity = int(arguments)

    def depth(self):
        """How many arrays there are before the innermost type."""
        return 1 + self.element.depth() if self.kind == "array" else 0

    def innermost(self):
        return self.element.innermost() if self.kind == "array" else self


class Field:
    """A line of the canonical text, and the lines of the fields inside it."""

    def __init__(self, line):
        offset, size, self.path, text = line.split(" ", 3)
        self.offset, self.size, self.type = int(offset), int(size), Type(text)
        self.name = self.path.rpartition(".")[2]
        self.fields = []


class Schema:
    def __init__(self, text):
        title, sizes, *lines = text.removesuffix("\n").split("\n")
        if title != "isthmus struct 1":
            raise ValueError(f"not a canonical text: {title!r}")
        _, size, _, alignment = sizes.split(" ")
        self.size, self.alignment = int(size), int(alignment)
        self.fingerprint = fingerprint(text)
        self.fields = take_fields([Field(line) for line in lines], "")

    def decode(self, record):
        return {field.name: read_field(record, field, 0) for field in self.fields}

    def encode(self, value):
        record = bytearray(self.size)
        for field in self.fields:
            write_field(record, field, 0, value[field.name])
        return record


def take_fields(lines, prefix):
    """Takes the fields of one struct, with all that is inside them, from the front of a list."""
    fields = []
    while lines and lines[0].path.startswith(prefix):
        field = lines.pop(0)
        fields.append(field)
        if field.type.innermost().kind == "struct":
            field.fields = take_fields(lines, f"{field.path}{'[]' * field.type.depth()}.")
    return fields


def read_field(record, field, shift):
    return read(record, field.offset + shift, field.size, field.type, field.fields, shift)


def read(record, at, size, kind, fields, shift):
    """Reads a value. `shift`: bytes from the first element of the arrays around it to the one that is read."""
    if kind.kind == "array":
        stride = size // kind.count
        steps = [index * stride for index in range(kind.count)]
        return [read(record, at + step, stride, kind.element, fields, shift + step) for step in steps]
    if kind.kind == "struct":
        return {field.name: read_field(record, field, shift) for field in fields}
    if kind.kind == "oneOf":
        return kind.words[int.from_bytes(record[at : at + size], "little")]
    if kind.kind in ("utf8", "bytes"):
        length = min(struct.unpack_from("<I", record, at)[0], kind.capacity)
        data = bytes(record[at + 4 : at + 4 + length])
        return data.decode(errors="replace") if kind.kind == "utf8" else data
    return struct.unpack_from(SCALARS[kind.kind], record, at)[0]


def write_field(record, field, shift, value):
    write(record, field.offset + shift, field.size, field.type, field.fields, shift, value)


def write(record, at, size, kind, fields, shift, value):
    """The opposite of `read`, into zeros."""
    if kind.kind == "array":
        stride = size // kind.count
        for index, item in enumerate(value):
            step = index * stride
            write(record, at + step, stride, kind.element, fields, shift + step, item)
    elif kind.kind == "struct":
        for field in fields:
            write_field(record, field, shift, value[field.name])
    elif kind.kind == "oneOf":
        record[at : at + size] = kind.words.index(value).to_bytes(size, "little")
    elif kind.kind in ("utf8", "bytes"):
        data = value.encode() if kind.kind == "utf8" else value
        struct.pack_into(f"<I{len(data)}s", record, at, len(data), data)
    else:
        struct.pack_into(SCALARS[kind.kind], record, at, value)
