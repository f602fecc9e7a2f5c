"""What a proof prints: one line a group, then whatever is not as declared."""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence

from grader.sandbox.rungs import Layer, Rung
from kata_attacks.harness import HONEST, Result
from kata_attacks.model import Attack


def rung_table(rung: Rung, attacks: Sequence[Attack], result: Result, alone: Result) -> int:
    """Print what the attacks came to on a rung. Returns how many are not as declared."""
    seconds: dict[str, float] = defaultdict(float)
    for line in (result.out / "times.jsonl").read_text("utf-8").splitlines():
        entry = json.loads(line)
        seconds[entry["submission"]] += entry["seconds"]
    print(f"\n{result.graded.rung}: {len(attacks)} attacks in {result.seconds:.0f} s")
    print(f"  {'group':<10} {'attacks':>7} {'unearned':>9} {'secrets':>8} {'seconds':>8}  stopped by")
    for group in dict.fromkeys(attack.group for attack in attacks):
        own = [attack for attack in attacks if attack.group == group]
        unearned = sum(bool(result.unearned(attack)) for attack in own if not attack.hole)
        secrets = sum(bool(result.loot.get(attack.id)) for attack in own if not attack.hole)
        spent = sum(seconds[attack.id] for attack in own)
        stops = ", ".join(dict.fromkeys(str(stop) for attack in own for stop in attack.stops))
        print(f"  {group:<10} {len(own):>7} {unearned:>9} {secrets:>8} {spent:>8.1f}  {stops}")
    seen = result.seen
    print(
        f"  written outside {len(seen.written)}, processes left {len(seen.processes)}, connections"
        f" {seen.connections}, killed {int(seen.killed)}, leaks in what is shown {len(result.leaks)}"
    )
    found = [f"{a.id}: {said}" for a in attacks if not a.hole for said in result.complaints(a)]
    changed = [id for id in HONEST if result.student(id) != alone.student(id)]
    print(f"  honest submissions unchanged: {len(HONEST) - len(changed)} of {len(HONEST)}")
    found += [f"{id}: graded otherwise than alone" for id in changed]
    found += [f"{what}" for what in (*seen.written, *seen.processes, *result.leaks.items())]
    found += ["somebody connected"] * bool(seen.connections) + ["somebody was killed"] * seen.killed
    for complaint in found:
        print(f"  NOT AS DECLARED {complaint}")
    for attack in attacks:
        if attack.hole:
            print(f"  known hole: {attack.id}: {attack.hole}")
    return len(found)


def layers_table(rung: Rung, attacks: Sequence[Attack], results: Mapping[Layer | None, Result]) -> int:
    """Print which attacks get through with no layer, and with one alone. Returns the number of complaints."""
    print(f"\n{rung}, layer by layer: how many get through, with one layer alone")
    print(f"  {'layer':<24} {'aimed':>6} {'through':>8} {'expected':>9}")
    found = []
    for only, result in results.items():
        aimed = [a for a in attacks if only is None or only in a.layers]
        through = [a for a in aimed if result.loot.get(a.id)]
        expected = len(aimed) if only is None else 0
        print(f"  {only or 'none of them'!s:<24} {len(aimed):>6} {len(through):>8} {expected:>9}")
        odd = [a for a in aimed if a not in through] if only is None else through
        found += [
            f"{'stopped without any' if only is None else f'not stopped by {only}'}: {a.id}" for a in odd
        ]
    for complaint in found:
        print(f"  NOT AS DECLARED {complaint}")
    return len(found)
