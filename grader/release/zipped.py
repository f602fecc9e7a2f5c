"""Zip archives whose bytes depend on names, contents and modes alone: no time, no machine."""

import io
import zipfile
from collections.abc import Mapping

EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest that a zip can say
PLAIN = 0o644
_FILE = 0o100000  # a plain file, of Unix
_UNIX = 3


def zipped(files: Mapping[str, bytes], modes: Mapping[str, int] | None = None) -> bytes:
    """name -> bytes, sorted; the description of a wheel comes last. modes: of those that are not 0o644"""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in sorted(files, key=lambda name: (".dist-info/" in name, name)):
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = _UNIX  # on every machine
            entry.external_attr = (_FILE | (modes or {}).get(name, PLAIN)) << 16
            archive.writestr(entry, files[name])
    return held.getvalue()
