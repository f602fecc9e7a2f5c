"""Streams of tar archives: unpacked in bounded steps, and cut into their members.

Python's tarfile trusts the sizes in headers (it reads a long name as long as it claims to be, and follows
chains of headers by recursion), so the few lines of the format that are needed stand here.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from grader.collect.member import Kind, Unreadable
from grader.collect.submission import Bounds
from grader.collect.unpacked import Unpacked

BLOCK = 512
MOST_HEADER = 64 * 1024  # a long name, or a list of attributes
KINDS = {
    b"0": Kind.FILE,
    b"\0": Kind.FILE,
    b"7": Kind.FILE,
    b"5": Kind.FOLDER,
    b"1": Kind.LINK,
    b"2": Kind.LINK,
    b"3": Kind.DEVICE,
    b"4": Kind.DEVICE,
    b"6": Kind.DEVICE,
}
SPARSE = b"S"
LONG_NAME, ATTRIBUTES = b"L", b"x"
EXTRAS = {LONG_NAME, b"K", ATTRIBUTES, b"g"}  # K: the long name of a link's target, g: of no use here
HOLES = "GNU.sparse."  # how attributes begin that say where the holes of a file are


@dataclass(frozen=True)
class Header:
    """One member of a tar archive; its `size` bytes follow in the stream, filled up to whole blocks."""

    name: str
    kind: Kind
    size: int

    @property
    def padding(self) -> int:
        return -self.size % BLOCK


def headers(stream: Unpacked, bounds: Bounds) -> Iterator[Header]:
    """The members in order. Whoever takes one must pass over its bytes and padding before the next.

    Raises Unreadable.
    """
    attributes: dict[str, str] = {}
    extra = 0
    while block := stream.read(BLOCK):
        if not any(block):
            return
        kind, size = block[156:157], _checked_size(block)
        if kind in EXTRAS:
            extra += BLOCK + size
            if size > MOST_HEADER or extra > 4 * bounds.listing:
                raise Unreadable("has absurdly large headers")
            attributes |= _extra(kind, stream.read(size))
            stream.skip(-size % BLOCK)
            continue
        if kind == SPARSE:
            extra += _skip_map(stream, block)
        name = attributes.get("path") or _name(block)
        size = _decimal(attributes.get("size", str(size)))
        found = Kind.SPARSE if kind == SPARSE or HOLES in attributes else KINDS.get(kind, Kind.OTHER)
        if found is Kind.FILE and name.endswith("/"):
            found = Kind.FOLDER  # how tar said it before it had a type for folders
        holds_bytes = found in (Kind.FILE, Kind.SPARSE, Kind.OTHER)
        yield Header(attributes.get(f"{HOLES}name", name), found, size if holds_bytes else 0)
        attributes = {}


def _skip_map(stream: Unpacked, block: bytes) -> int:
    """Pass over the blocks that say where the holes of a sparse file are; how many bytes they have."""
    passed = 0
    more = block[482]
    while more:
        more = stream.read(BLOCK)[504:505] == b"\1"
        passed += BLOCK
        if passed > MOST_HEADER:
            raise Unreadable("has absurdly large headers")
    return passed


def _extra(kind: bytes, data: bytes) -> dict[str, str]:
    """What a header says about the member that follows it: its long name, or its pax attributes."""
    if kind == LONG_NAME:
        return {"path": _text(data.split(b"\0")[0])}
    return _attributes(data) if kind == ATTRIBUTES else {}


def _checked_size(block: bytes) -> int:
    """The size that a header names, once its checksum shows that it is a header."""
    if len(block) < BLOCK:
        raise Unreadable("is cut short or no tar archive")
    total = sum(block) - sum(block[148:156]) + 8 * ord(" ")
    if _number(block[148:156]) != total:
        raise Unreadable("is not a readable tar archive")
    return _number(block[124:136])


def _number(field: bytes) -> int:
    """Octal text, or GNU's binary form. Raises Unreadable for what is neither, and for negative sizes."""
    if field[0] == 0x80:
        return int.from_bytes(field[1:], "big")
    text = field.split(b"\0")[0].strip()
    if text.strip(b"01234567"):
        raise Unreadable("is not a readable tar archive")
    return int(text or b"0", 8)


def _decimal(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 20):
        raise Unreadable("has a header that makes no sense")
    return int(text)


def _attributes(data: bytes) -> dict[str, str]:
    """The pax records `LENGTH key=value\\n` that matter here: path, size and whether there are holes."""
    found: dict[str, str] = {}
    start, end = 0, len(data.rstrip(b"\0"))
    while start < end:
        space = data.find(b" ", start, start + 20)
        if space < 0:
            raise Unreadable("has a header that makes no sense")
        stop = start + _decimal(data[start:space].decode("ascii", "replace"))
        if not space < stop - 1 < end or data[stop - 1 : stop] != b"\n":
            raise Unreadable("has a header that makes no sense")
        key, _, value = data[space + 1 : stop - 1].partition(b"=")
        if key.startswith(HOLES.encode()):
            found[HOLES] = ""
        if key in (b"path", b"size", b"GNU.sparse.name"):
            found[key.decode()] = _text(value)
        start = stop
    return found


def _name(block: bytes) -> str:
    name = block[:100].split(b"\0")[0]
    prefix = block[345:500].split(b"\0")[0] if block[257:263] == b"ustar\0" else b""
    return _text(prefix + b"/" + name if prefix else name)


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogateescape")
