"""Packed streams, unpacked in bounded steps: by gzip, bzip2 or xz, in one piece or in many."""

import bz2
import lzma
import zlib
from typing import BinaryIO, Protocol

from grader.collect.member import Unreadable
from grader.collect.submission import MIB

CHUNK = 64 * 1024
MOST_PIECES = 10_000  # gzip, bzip2 and xz files may be strung together; parallel tools write them so
MOST_MEMORY = 96 * MIB  # what xz may ask for; `xz -9` asks for 65 MiB
MAGIC = {"gz": b"\x1f\x8b", "bz2": b"BZh", "xz": b"\xfd7zXZ\0"}


class _Piece(Protocol):
    """What bz2 and lzma give: a decompressor of one piece that stops at a size."""

    @property
    def eof(self) -> bool: ...

    @property
    def needs_input(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...


class _Gzip:
    """zlib's decompressor in the same form."""

    def __init__(self) -> None:
        self.zlib = zlib.decompressobj(16 + zlib.MAX_WBITS)

    @property
    def eof(self) -> bool:
        return self.zlib.eof

    @property
    def needs_input(self) -> bool:
        return not self.zlib.unconsumed_tail

    @property
    def unused_data(self) -> bytes:
        return self.zlib.unused_data

    def decompress(self, data: bytes, max_length: int, /) -> bytes:
        return self.zlib.decompress(self.zlib.unconsumed_tail or data, max_length)


def _piece(packing: str) -> _Piece:
    if packing == "gz":
        return _Gzip()
    if packing == "bz2":
        return bz2.BZ2Decompressor()
    return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=MOST_MEMORY)


class Unpacked:
    """The bytes of a file, unpacked, in order. packing: "" (none), "gz", "bz2" or "xz".

    No more than `most` bytes ever come out. What follows the last piece is passed over, as gzip does.
    """

    def __init__(self, file: BinaryIO, packing: str, most: int) -> None:
        self.file = file
        self.packing = packing
        self.left = most
        self.most = most
        self.pieces = 1
        self.waiting = b""
        self.piece = _piece(packing) if packing else None

    def read(self, size: int) -> bytes:
        """Exactly `size` bytes, fewer only at the end. `size` must be small. Raises Unreadable."""
        parts: list[bytes] = []
        while size:
            part = self._step(min(size, CHUNK))
            if not part:
                break
            self.left -= len(part)
            if self.left < 0:
                raise Unreadable(f"unpacks to more than {self.most // MIB} MiB")
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def skip(self, size: int) -> None:
        """Pass over `size` bytes. Raises Unreadable when they are not there."""
        while size:
            part = self.read(min(size, CHUNK))
            if not part:
                raise Unreadable("is cut short")
            size -= len(part)

    def _step(self, size: int) -> bytes:
        """At least one byte and at most `size`; none at the end. Raises Unreadable before the end."""
        try:
            return self.file.read(size) if self.piece is None else self._from_pieces(self.piece, size)
        except (zlib.error, lzma.LZMAError, OSError, EOFError, ValueError) as error:
            if isinstance(error, lzma.LZMAError) and "emory" in str(error):
                raise Unreadable(f"needs more than {MOST_MEMORY // MIB} MiB to be unpacked") from None
            raise Unreadable("is damaged or no archive of this kind") from error

    def _from_pieces(self, piece: _Piece, size: int) -> bytes:
        while True:
            if piece.eof:
                following = self._next(piece)
                if following is None:
                    return b""
                self.piece = piece = following
            hungry = piece.needs_input
            data = (self.waiting or self.file.read(CHUNK)) if hungry else b""
            self.waiting = b""  # a piece is hungry when it begins, so this was handed over
            out = piece.decompress(data, size)
            if out:
                return out
            if hungry and not data:
                raise Unreadable("is cut short")

    def _next(self, piece: _Piece) -> _Piece | None:
        """The piece that follows this one, if another does; zeros may lie between."""
        data = piece.unused_data.lstrip(b"\0")
        magic = MAGIC[self.packing]
        while len(data) < len(magic):
            more = self.file.read(CHUNK)
            if not more:
                return None
            data = (data + more).lstrip(b"\0")
        if not data.startswith(magic):
            return None
        self.pieces += 1
        if self.pieces > MOST_PIECES:
            raise Unreadable(f"is packed in more than {MOST_PIECES} pieces")
        self.waiting = data
        return _piece(self.packing)
