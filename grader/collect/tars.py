"""Tar archives, plain or packed by gzip or xz, read in memory: streamed once to list, once to read."""

from collections.abc import Collection, Mapping
from typing import BinaryIO

from grader.collect.member import Kind, Member, Unreadable
from grader.collect.submission import BOUNDS, MIB, Bounds
from grader.collect.tarstream import Unpacked, headers


class TarUpload:
    """A tar archive in an open file. packing: "" (none), "gz" or "xz"."""

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
            if index >= self.bounds.members:
                raise Unreadable(f"holds more than {self.bounds.members} files")
            total += header.size
            if total > self.bounds.unpacked:
                raise Unreadable(f"unpacks to more than {self.bounds.unpacked // MIB} MiB")
            found.append(Member(header.name, header.kind, index))
            stream.skip(header.size + header.padding)
        return found

    def read(self, wanted: Collection[Member], limits: Mapping[int, int]) -> dict[int, bytes | Unreadable]:
        """The bytes of these files by their index. Only what is within its limit is ever held."""
        indices = {member.index for member in wanted if member.kind is Kind.FILE}
        last = max(indices, default=-1)
        contents: dict[int, bytes | Unreadable] = {}
        stream = self._unpack()
        for index, header in enumerate(headers(stream, self.bounds)):
            read = 0
            if index in indices and header.size > limits[index]:
                contents[index] = Unreadable(f"is larger than {limits[index] // 1024} KiB")
            elif index in indices:
                contents[index] = stream.read(header.size)
                read = header.size
            if index == last:
                break
            stream.skip(header.size - read + header.padding)
        return contents

    def _unpack(self) -> Unpacked:
        self.file.seek(0)
        return Unpacked(self.file, self.packing, self.bounds.unpacked)
