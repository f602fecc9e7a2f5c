"""The hand-out as one zip archive, whose bytes depend on the course and on katagrad alone."""

import zipfile
from pathlib import Path

from grader.course.catalogue import Catalogue
from grader.errors import UsageError
from grader.release.disk import put
from grader.release.handout import MANIFEST, Handout, Manifest, digest, read_manifest
from grader.release.handout_folder import Written, check_place
from grader.release.zipped import zipped

OTHER = "Name a new file, or an archive that `kata release` made."


def handed_out(dest: Path, catalogue: Catalogue) -> Manifest | None:
    """What the archive at `dest` says of itself; None where nothing is there. UsageError for another file."""
    check_place(dest, catalogue)
    if not dest.exists():
        return None
    name = f"{catalogue.course.id}/{MANIFEST}"
    try:
        with zipfile.ZipFile(dest) as archive:
            return read_manifest(archive.read(name), dest)
    except (OSError, zipfile.BadZipFile, KeyError, RuntimeError):
        raise UsageError(f"{dest} is no hand-out of this course: nothing was written", OTHER) from None


def write(handout: Handout, dest: Path, before: Manifest | None) -> Written:
    """The archive, in the place of an earlier one; all files lie in a folder named after the course."""
    earlier = before.files if before is not None else {}
    now = {name: digest(data) for name, data in handout.files.items()}
    written = Written(
        new=[name for name in now if name not in earlier and not (before and name == MANIFEST)],
        changed=[name for name in now if name in earlier and now[name] != earlier[name]],
        removed=sorted(earlier.keys() - now.keys()),
    )
    put(dest, zipped({f"{handout.manifest.course}/{name}": data for name, data in handout.files.items()}))
    return written
