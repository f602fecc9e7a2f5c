"""The loop of unit 12 with any of its eight mistakes, and runs of it by a script."""

import math

import torch
from checks_train import judge

from grader.testing import fail, unpack

HUNT = {
    "old grads": "the gradients of earlier updates are in there still: every update begins with new ones",
    "new state": "the optimizer begins anew at each update: its state does not last",
    "group before": "update i is made from the group before the one that is its own",
    "equal parts": "all parts count the same: one with more targets has to count more",
    "last best": "every loss is taken for the lowest so far: the lowest one is not remembered",
    "no copy": "best is no copy: it holds the model's own tensors, and goes on changing with them",
    "next rate": "the rate is that of the next update: schedule(i + 1)",
    "clip late": "clipping comes after the step: it changes nothing that anybody still uses",
}
BROKEN = "this is the broken loop as it was"


def loop_with(clip_grad_norm, *mistakes):
    """fixed_loop with these mistakes of HUNT."""

    def loop(params, groups, evaluate, step, *, schedule, steps, max_norm):
        state, history, best, lowest = {}, [], None, math.inf
        grads = {name: torch.zeros_like(p) for name, p in params.items()}
        for i in range(steps):
            state = {} if "new state" in mistakes else state
            if "old grads" not in mistakes:
                grads = {name: torch.zeros_like(p) for name, p in params.items()}
            group = groups[i % len(groups) - ("group before" in mistakes)]
            results = [evaluate(params, part) for part in group]
            counts = [1 if "equal parts" in mistakes else count for _, _, count in results]
            loss = 0.0
            for (part_loss, part_grads, _), count in zip(results, counts, strict=True):
                loss += part_loss * (count / sum(counts))
                for name, g in part_grads.items():
                    grads[name] += g * (count / sum(counts))
            history.append(loss)
            if loss < lowest:
                best = params if "no copy" in mistakes else {name: p.clone() for name, p in params.items()}
                lowest = lowest if "last best" in mistakes else loss
            if "clip late" not in mistakes:
                clip_grad_norm(grads, max_norm)
            step(params, grads, state, schedule(i + ("next rate" in mistakes)))
        return history, best

    return loop


def descent(params, grads, state, lr):
    for name, g in grads.items():
        params[name].sub_(lr * g)


def played(loop, script, look):
    """What a run by a script shows. script: () -> (arguments, options), everything new

    look: (history, best, params, seen) -> {what it is: its value}    seen: what the script has noted
    """
    (params, *arguments), options, seen = script()
    history, best = unpack(loop(params, *arguments, **options), "(history, best)")
    if type(history) is not list or type(best) is not dict:
        fail("the result is not (list, dict)", called="fixed_loop", yours=(history, best))
    return look(history, {name: p.clone() for name, p in best.items()}, params, seen)


def check_one(sides, mistake, called, script, look):
    """A script in which the mistakes of this list show, and no others. sides: (student, reference)"""
    student, reference = sides
    yours = played(student.fixed_loop, script, look)
    clip = reference.clip_grad_norm
    mistakes = {HUNT[name]: lambda name=name: played(loop_with(clip, name), script, look) for name in mistake}
    mistakes[BROKEN] = lambda: played(loop_with(clip, *HUNT), script, look)
    judge(yours, played(reference.fixed_loop, script, look), called=called, mistakes=mistakes)
