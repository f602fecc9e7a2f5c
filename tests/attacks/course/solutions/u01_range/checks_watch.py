"""Lets the harness see what an attack holds in its hands: after each test, its list LOOT is written down."""

import functools
import json
import sys
from pathlib import Path

from grader.errors import RunStopped

FILE = Path(__file__).resolve().parents[2] / ".loot" / "loot.jsonl"


def watched(test):
    """The test, and afterwards a look at LOOT of the student's module; WHO names the attack."""

    @functools.wraps(test)
    def look_too(student, *args, **kwargs):
        try:
            return test(student, *args, **kwargs)
        finally:
            if not isinstance(sys.exc_info()[1], RunStopped):
                look(student)

    return look_too


def look(student):
    try:
        who, loot = student.WHO, student.LOOT
        tried = [str(one)[:200] for one in student.TRIED[:20]]
        line = json.dumps(
            {"who": str(who)[:200], "loot": [str(one)[:500] for one in loot[:20]], "tried": tried}
        )
    except (Exception, RunStopped):  # the honest have no loot; who is lost has told already
        return
    with FILE.open("a", encoding="utf-8") as file:
        file.write(line + "\n")
