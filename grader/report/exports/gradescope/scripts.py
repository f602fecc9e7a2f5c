"""The two scripts that Gradescope looks for at the top of the zip."""

import shlex
from collections.abc import Sequence

from grader.report.exports.pins import python_version

SETUP = """\
#!/usr/bin/env bash
# Runs once, when Gradescope builds the autograder: a Python that is new enough, and katagrad with its pins.
set -euo pipefail
here="$(cd "$(dirname "${{BASH_SOURCE[0]}}")" && pwd)"
root="${{KATA_AUTOGRADER:-/autograder}}"

is_new_enough() {{
    "$1" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}}
find_python() {{
    for name in {pythons}; do
        if is_new_enough "$name"; then echo "$name"; return; fi
    done
    return 1
}}
if ! python="$(find_python)"; then
    export DEBIAN_FRONTEND=noninteractive
    apt-get update
    apt-get install -y --no-install-recommends python3 python3-venv
    find_python >/dev/null || apt-get install -y --no-install-recommends python3.11 python3.11-venv
    if ! python="$(find_python)"; then
        echo "katagrad needs Python 3.11 or newer: choose a newer base image" >&2
        exit 1
    fi
fi
"$python" -m venv "$root/venv"
"$root/venv/bin/python" -m pip install --no-cache-dir -c "$here/constraints.txt" {words}
chmod -R go= "$here"
"""

RUN = """\
#!/usr/bin/env bash
# Runs on each submission: /autograder/submission -> /autograder/results/results.json. The rest is for tests.
set -uo pipefail
root="${KATA_AUTOGRADER:-/autograder}"
python="${KATA_PYTHON:-$root/venv/bin/python}"
chmod -R go= "$root/source"  # the solutions and the seed are nobody else's business
mkdir -p "$root/results"
cd "$root" || exit 1
export PYTHONUTF8=1 PYTHONDONTWRITEBYTECODE=1 OMP_NUM_THREADS=1
exec "$python" -P -m grader.report.exports.gradescope.autograde "$root" --sandbox "${KATA_SANDBOX:-auto}"
"""
_PYTHONS = ("python3.14", "python3.13", "python3.12", "python3.11", "python3")


def setup_script(wheel: str, needs: Sequence[str], more: Sequence[str]) -> str:
    """setup.sh. needs: requirements beside the wheel    more: further words for pip install"""
    quoted = " ".join([*map(shlex.quote, (*more, *needs)), f'"$here/{wheel}"'])
    own = f"python{python_version()}"  # the pins are of this one
    return SETUP.format(pythons=" ".join(dict.fromkeys((own, *_PYTHONS))), words=quoted)
