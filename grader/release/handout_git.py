"""The hand-out as a git repository: each release is a commit on top, and nothing else is in its history."""

import os
import subprocess
from pathlib import Path

from grader.course.catalogue import Catalogue
from grader.errors import UsageError
from grader.release import handout_folder
from grader.release.handout import Handout, Manifest
from grader.release.handout_folder import Written

NOBODY = ("-c", "user.name=katagrad", "-c", "user.email=katagrad@localhost")
# What git reads of the environment, and what says nothing about another repository.
KEPT = ("GIT_AUTHOR_", "GIT_COMMITTER_", "GIT_CONFIG_", "GIT_SSL_", "GIT_EXEC_PATH")
QUIET = ("-c", "core.hooksPath=/dev/null", "-c", "commit.gpgSign=false", "-c", "core.autocrlf=false")
NEW_PLACE = "Release to a new folder, to an empty repository, or to one that `kata release` made."


def handed_out(dest: Path, catalogue: Catalogue) -> Manifest | None:
    """What the repository at `dest` holds; None where nothing is there, or an empty repository.

    UsageError for a repository that is dirty, is something else, or has ever held what stays secret.
    """
    before = handout_folder.handed_out(dest, catalogue, empty=(".git",))
    if not (dest / ".git").exists():
        if before is not None:
            raise UsageError(f"{dest} is a hand-out, and no git repository", "Release to a new folder.")
        return None
    common = _git(dest, "rev-parse", "--path-format=absolute", "--git-common-dir")
    own = _git(catalogue.root, "rev-parse", "--path-format=absolute", "--git-common-dir", check=False)
    if common == own:
        raise UsageError(f"{dest} belongs to the repository of the course itself", NEW_PLACE)
    secret = (catalogue.course.solutions, ".secret")
    if _git(dest, "rev-list", "--all", "--max-count=1", "--", *(f":(glob)**/{name}/**" for name in secret)):
        what = f"the history of {dest} holds {' or '.join(secret)}: who gets it gets those too"
        raise UsageError(what, NEW_PLACE)
    if _git(dest, "status", "--porcelain", "--untracked-files=all"):
        help = "Look at `git status` there, and commit or take back what it shows."
        raise UsageError(f"{dest} has changes that are not committed: nothing was written", help)
    if before is None and _git(dest, "rev-list", "--all", "--max-count=1"):
        raise UsageError(f"{dest} has a history, and is no hand-out: nothing was written", NEW_PLACE)
    return before


def write(handout: Handout, dest: Path, before: Manifest | None) -> Written:
    """Bring the repository to this hand-out, with a commit where anything has changed."""
    if not (dest / ".git").exists():
        written = handout_folder.write(handout, dest, before)
        _git(dest, "-c", "init.defaultBranch=main", "init", "--quiet")
    else:
        written = handout_folder.write(handout, dest, before)
    _git(dest, "add", "--force", "--", *handout.files)
    if written.removed:
        _git(dest, "rm", "--quiet", "--cached", "--ignore-unmatch", "--", *written.removed)
    if _git(dest, "status", "--porcelain", "--untracked-files=no"):
        told = f"Hand-out of {handout.manifest.course} {handout.manifest.version}: "
        told += ", ".join(handout.manifest.units)
        _git(dest, *_author(dest), "commit", "--quiet", "--no-verify", f"--message={told}")
    return written


def _author(dest: Path) -> tuple[str, ...]:
    """Whoever git's configuration names; nobody in particular where it names no one."""
    for who in ("GIT_AUTHOR_IDENT", "GIT_COMMITTER_IDENT"):
        if not _git(dest, "-c", "user.useConfigOnly=true", "var", who, check=False):
            return NOBODY
    return ()


def _git(folder: Path, *words: str, check: bool = True) -> str:
    """What git prints, "" where it fails and that is fine. UsageError else."""
    env = {k: v for k, v in os.environ.items() if not k.startswith("GIT_") or k.startswith(KEPT)}
    try:
        done = subprocess.run(
            ["git", *QUIET, *words], cwd=folder, check=False, capture_output=True, text=True,
            encoding="utf-8", errors="replace", stdin=subprocess.DEVNULL, env={**env, "LC_ALL": "C"},
        )  # fmt: skip
    except FileNotFoundError:
        raise UsageError("git is not installed", "Install it, or use --to folder or --to zip.") from None
    if done.returncode and check:
        said = done.stderr.strip().split("\n")[-1]
        raise UsageError(f"git in {folder}: {said}", "Mend that, then run it again.")
    return "" if done.returncode else done.stdout.strip()
