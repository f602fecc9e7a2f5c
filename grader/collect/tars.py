"""Tar archives, plain or packed by gzip, bzip2 or xz, read in memory: once to list, once to read."""

from collections.abc import Collection, Iterator, Mapping
from typing import BinaryIO

from grader.collect.member import Kind, Member, Unreadable, too_large
from grader.collect.submission import BOUNDS, MIB, Bounds
from grader.collect.tarstream import headers
from grader.collect.unpacked import Unpacked


class TarUpload:
    """A tar archive in an open file. packing: "" (none), "gz", "bz2" or "xz"."""

    is_packed = True

    def __init__(self, file: BinaryIO, packing: str, bounds: Bounds = BOUNDS) -> None:
        self.file = file
        self.packing = packing
        self.bounds = bounds

    def members(self) -> list[Member]:
        """All names in it. Raises Unreadable when there are too many, or when it unpacks to too much."""
        stream = self._unpack()
        found: list[Member] = []
        total = 0
        for index, header in enumerate(headers(stream, self.bounds)):
            if index >= self.bounds.entries:
                raise Unreadable(f"holds more than {self.bounds.entries} files")
            total += header.size
            if total > self.bounds.unpacked:
                raise Unreadable(f"unpacks to more than {self.bounds.unpacked // MIB} MiB")
            found.append(Member(header.name, header.kind, index))
            stream.skip(header.size + header.padding)
        return found

    def read(
        self, wanted: Collection[Member], limits: Mapping[int, int]
    ) -> Iterator[tuple[Member, bytes | Unreadable]]:
        """The bytes of these files, in the order of the archive. Only one is ever held."""
        by_index = {member.index: member for member in wanted if member.kind is Kind.FILE}
        if not by_index:
            return
        last = max(by_index)
        stream = self._unpack()
        for index, header in enumerate(headers(stream, self.bounds)):
            read = 0
            if index in by_index and header.size > limits[index]:
                yield by_index[index], too_large(limits[index])
            elif index in by_index:
                yield by_index[index], stream.read(header.size)
                read = header.size
            if index == last:
                return
            stream.skip(header.size - read + header.padding)

    def _unpack(self) -> Unpacked:
        self.file.seek(0)
        return Unpacked(self.file, self.packing, self.bounds.unpacked)
