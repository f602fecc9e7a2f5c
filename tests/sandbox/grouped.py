"""Runs in a control group that was delegated to it: what workers come to that only the group holds back.

Argument: the rung, and layers to leave off. Prints one JSON object.
"""

import json
import signal
import sys
import tempfile
from pathlib import Path

from grader.sandbox.cgroup import own_group
from grader.sandbox.layers import Layer, Rung, probe
from grader.sandbox.limits import MIB, Bounds
from grader.sandbox.process import Process, Zygote

sys.path.insert(0, str(Path(__file__).parent))
from conftest import Worker

GREEDY = """
held = []
while True:
    held.append(bytearray(b"x" * (8 << 20)))
"""
FORKS = """
import time
result = 0
try:
    while result < 2000:
        if os.fork() == 0:
            while True:
                time.sleep(60)
        result += 1
except OSError as error:
    result = [result, error.errno]
"""


def told(process: Process, source: str) -> object:
    worker = Worker(process)
    try:
        return worker.run(source).value
    except Worker.Died as died:
        return [died.end.kind, died.end.code]


def main(folder: str, rung: str, *without: str) -> dict[str, object]:
    """All in one, because a zygote takes a moment to start."""
    entry = Path(__file__).with_name("entry.py").read_text("utf-8")
    program = Path(folder) / "entry.py"
    program.write_text(f"{entry}\n\nwarm()\n", "utf-8")
    before = own_group()
    found: dict[str, object] = {"before": str(before)}
    bare = frozenset({Layer.LIMITS, Layer.SECCOMP, *map(Layer, without)})
    with Zygote("test", Rung(rung), "runpy:run_path", "hostile:serve", str(program), without=bare) as zygote:
        group = Path("/proc", str(zygote.pid), "cgroup").read_text("ascii").strip()
        place = own_group().parent / group.rpartition("/")[2]
        found["grader"], found["zygote"] = own_group().name, place.name
        with zygote.spawn(Bounds(60, 32 * MIB)) as honest:
            found["limit"] = int((place / "memory.max").read_text()) // MIB
            with zygote.spawn(Bounds(60, 32 * MIB)) as process:
                found["more"] = int((place / "memory.max").read_text()) // MIB
                found["greedy"] = told(process, GREEDY)
            found["honest"] = told(honest, "result = 7")
        with zygote.spawn(Bounds(60, 64 * MIB)) as process:
            found["forks"] = told(process, FORKS)
            process.sock.close()
            process.kill()
        found["swap"] = (
            (place / "memory.swap.max").read_text().strip() if (place / "memory.swap.max").exists() else "0"
        )
    found["left"] = [path.name for path in own_group().parent.glob("kata-zygote*")]
    found["doctor"] = next(state.active for state in probe() if state.name is Layer.CGROUP)
    signal.alarm(0)
    return found


if __name__ == "__main__":
    signal.alarm(120)
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(main(folder, *sys.argv[1:])))
