"""Runs every attack on every rung that this machine has, as root and as a normal user; prints a table.

    python tests/attacks/prove.py [--rung namespaces] [--user nobody] [--only GROUP] [--no-layers]

Without --rung and --user: all of both. Exit code 1 where anything is not as declared.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from kata_attacks.bank import everything  # noqa: E402
from kata_attacks.harness import grade, make_course  # noqa: E402
from kata_attacks.model import Control  # noqa: E402
from kata_attacks.table import layers_table, rung_table  # noqa: E402
from kata_attacks.world import World  # noqa: E402

from grader.errors import SandboxError  # noqa: E402
from grader.sandbox.layers import Rung, probe, resolve  # noqa: E402
from grader.sandbox.rungs import NESTED, REQUIRED, Layer  # noqa: E402


def rungs_here(wanted):
    """The rungs that promise something and hold for this user; those named, or all."""
    states = probe()
    for rung in Rung:
        if rung is Rung.UNSAFE or (wanted and rung not in wanted):
            continue
        try:
            yield resolve(rung, states)
        except SandboxError as error:
            print(f"\n{rung}: cannot be had here: {error.rationale}")


def on_rung(rung, attacks, work):
    """All attacks on one rung. Returns how many complaints there are."""
    with World() as world:
        course = make_course(work / f"course-{rung}")
        alone = grade(course, [], world, work / f"alone-{rung}", rung=rung)
        result = grade(course, attacks, world, work / f"run-{rung}", rung=rung)
    return rung_table(rung, attacks, result, alone)


def layer_by_layer(rung, attacks, work):
    """What the kernel stops: with all its layers off it gets through, with any one of its own it does not."""
    aimed = [a for a in attacks if a.control in (Control.UNSAFE, Control.UNLIMITED) and a.layers]
    aimed = [a for a in aimed if os.geteuid() == 0 or not a.root_only]
    layers = [layer for layer in REQUIRED[rung] if any(layer in a.layers for a in aimed)]
    every = frozenset({*layers, Layer.UID, Layer.USERS, Layer.CGROUP, Layer.PRIVILEGES})
    # The filters need "no privileges" beside them, and root may do as many processes as it likes.
    runs = {None: every} | {layer: every - {layer, Layer.PRIVILEGES} for layer in layers}
    if rung is Rung.USERNS:  # only in a user namespace has a normal user the others, and privileges to lose
        nested = NESTED | {Layer.PRIVILEGES}
        runs |= {layer: runs[layer] - {Layer.USERS} for layer in layers if layer in nested}
    if Layer.LIMITS in runs:
        runs[Layer.LIMITS] -= {Layer.UID}
    results = {}
    with World() as world:
        course = make_course(work / f"layers-{rung}", torch=False, seconds=5)
        for only, without in runs.items():
            name = str(only or "none").replace(" ", "-")
            results[only] = grade(
                course, aimed, world, work / f"only-{rung}-{name}", rung=rung, without=without
            )
    return layers_table(rung, aimed, results)


def as_user(arguments):
    """Run this once more as nobody, with the folders on the way to us made reachable. Root only."""
    sys.path.insert(0, str(HERE.parent / "sandbox"))
    from conftest import become_nobody, open_the_way

    roots = {Path(p).resolve() for p in (sys.base_prefix, sys.prefix, HERE.parents[1])}
    roots = {path for path in roots if not any(other in path.parents for other in roots)}
    store = Path(tempfile.mkdtemp(prefix="kata-prove-"))

    def prepare():
        open_the_way(sorted(roots), store)
        become_nobody()

    command = [sys.executable, str(Path(__file__).resolve()), "--user", "me", *arguments]
    environment = {"PYTHONDONTWRITEBYTECODE": "1", "LC_ALL": "C.UTF-8", "HOME": "/tmp"}
    return subprocess.run(command, preexec_fn=prepare, cwd="/", env=environment, check=False).returncode


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rung", action="append", choices=[r for r in Rung if r is not Rung.UNSAFE])
    parser.add_argument("--user", choices=["me", "nobody"])
    parser.add_argument("--only", action="append", metavar="GROUP")
    parser.add_argument("--no-layers", action="store_true")
    given = parser.parse_args()
    attacks = [a for a in everything() if not given.only or a.group in given.only]
    complaints = 0
    if given.user != "nobody":
        who = "root" if os.geteuid() == 0 else "a normal user"
        print(f"== as {who}: {len(attacks)} attacks", flush=True)
        with tempfile.TemporaryDirectory(prefix="kata-prove-") as work:
            os.chmod(work, 0o755)  # canaries lie there, which a missing layer must really give away
            rungs = list(rungs_here(given.rung))
            for rung in rungs:
                complaints += on_rung(rung, attacks, Path(work))
            if rungs and not given.no_layers:
                complaints += layer_by_layer(rungs[0], attacks, Path(work))
    if given.user != "me" and os.geteuid() == 0:
        rest = [word for r in given.rung or () for word in ("--rung", r)]
        rest += [word for g in given.only or () for word in ("--only", g)]
        rest += ["--no-layers"] * given.no_layers
        sys.stdout.flush()
        complaints += as_user(rest)
    return int(bool(complaints))


if __name__ == "__main__":
    sys.exit(main())
