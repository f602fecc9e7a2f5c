"""Zip archives, read in memory. Python's zipfile does the format; this module bounds what it may cost."""

import io
import stat
import zipfile
from collections.abc import Collection, Iterator, Mapping
from typing import BinaryIO

from grader.collect.member import Kind, Member, Unreadable, too_large
from grader.collect.submission import BOUNDS, MIB, Bounds

METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}  # the only ones that zipfile unpacks in bounded steps
ENCRYPTED = 0x1
LOCAL_HEADER = 30  # bytes, at least


class _Bounded(io.BufferedIOBase):
    """A file that refuses large reads: zipfile reads a table of contents as long as it claims to be."""

    def __init__(self, file: BinaryIO, most: int) -> None:
        self.file = file
        self.most = most

    def read(self, size: int | None = -1) -> bytes:
        data = self.file.read(self.most + 1 if size is None or size < 0 else min(size, self.most + 1))
        if len(data) > self.most:
            raise Unreadable("its table of contents is absurdly large")
        return data

    def seek(self, offset: int, whence: int = 0) -> int:
        return self.file.seek(offset, whence)

    def tell(self) -> int:
        return self.file.tell()

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True


class ZipUpload:
    """A zip archive in an open file."""

    is_packed = True

    def __init__(self, file: BinaryIO, bounds: Bounds = BOUNDS) -> None:
        self.bounds = bounds
        try:
            self.zip = zipfile.ZipFile(_Bounded(file, bounds.listing))
        except Unreadable:
            raise
        except Exception as error:  # zipfile raises many kinds on hostile bytes
            raise Unreadable("is not a readable zip archive") from error

    def members(self) -> list[Member]:
        """All names in it. Raises Unreadable when there are too many, or when they claim too much space."""
        infos = self.zip.infolist()
        if len(infos) > self.bounds.entries:
            raise Unreadable(f"holds more than {self.bounds.entries} files")
        if sum(info.file_size for info in infos) > self.bounds.unpacked:
            raise Unreadable(f"unpacks to more than {self.bounds.unpacked // MIB} MiB")
        _check_places(infos)
        members = [Member(info.orig_filename, _kind(info), i) for i, info in enumerate(infos)]
        files = [m for m in members if m.kind is not Kind.FOLDER]
        if files and all(m.kind is Kind.LOCKED for m in files):
            raise Unreadable("is protected by a password")
        if files and all(infos[m.index].compress_type not in METHODS for m in files):
            raise Unreadable("is compressed in a way that is not supported")
        return members

    def read(
        self, wanted: Collection[Member], limits: Mapping[int, int]
    ) -> Iterator[tuple[Member, bytes | Unreadable]]:
        """The bytes of these files, one after the other, unpacked no further than their limits."""
        infos = self.zip.infolist()
        return ((member, self._one(infos[member.index], limits[member.index])) for member in wanted)

    def _one(self, info: zipfile.ZipInfo, limit: int) -> bytes | Unreadable:
        if info.compress_type not in METHODS:
            return Unreadable("is compressed in a way that is not supported")
        try:
            with self.zip.open(info) as stream:
                data = stream.read(limit + 1)
        except Unreadable as error:
            return error
        except Exception as error:
            return Unreadable(f"is damaged ({type(error).__name__})")
        return data if len(data) <= limit else too_large(limit)


def _check_places(infos: list[zipfile.ZipInfo]) -> None:
    """Raises Unreadable when members lie on top of each other: each reader may then see other files."""
    ends = 0
    for start, size in sorted((info.header_offset, info.compress_size) for info in infos):
        if start < ends:
            raise Unreadable("holds files that lie on top of each other")
        ends = start + LOCAL_HEADER + size


def _kind(info: zipfile.ZipInfo) -> Kind:
    mode = info.external_attr >> 16
    if info.flag_bits & ENCRYPTED:
        return Kind.LOCKED
    if stat.S_ISLNK(mode):
        return Kind.LINK
    if info.orig_filename.endswith("/"):
        return Kind.FOLDER
    return Kind.FILE if stat.S_IFMT(mode) in (0, stat.S_IFREG) else Kind.DEVICE
