"""Fuzz the grader's end of the wire: `python tests/remote/fuzz_wire.py --frames 1000000 --seed 1`.

Two levels take turns. The codec: bytes -> values. The session: a scripted worker at the other end of a
socket answers what a test asks with malformed, made-up, doubled, missing and late replies. Whatever comes,
the outcome must be a value, an error of the student's code, or a worker that is given up; anything else is
printed with the frame that caused it, and the command ends with 1. A frame that takes longer than
HANG seconds ends it too.
"""

import argparse
import collections
import contextlib
import gc
import importlib.util
import random
import resource
import signal
import socket
import sys
import time
from pathlib import Path

import grader
from grader.errors import RunStopped, TooSlow, WorkerLost
from grader.gradcheck import show
from grader.gradcheck.compare import assert_close
from grader.gradcheck.message import Mismatch
from grader.remote import channel
from grader.remote.channel import Closed
from grader.remote.fault import StudentError
from grader.remote.handle import Handle
from grader.remote.proxy import CannotCross, Session
from grader.remote.unpack import Unpacker
from grader.remote.wire import HEADER, MAX_REPLY, WireError, decode_structure, lengths

GRADER = Path(grader.__file__).parent
HANG = 60
MOST_ANSWERS = 40  # of a scripted worker
STEPS = 12  # of a test
HEAVY_EVERY = 25_000


channel.TICK = 0.001


def _sibling(name):
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


mutants = _sibling("mutants")


class Wrong(BaseException):
    """What came of a frame is none of the outcomes that may be."""


def hang(signum, frame):
    raise Wrong(f"no end after {HANG} s")


class Scripted:
    """A jail whose worker is a script: after each frame of the grader it says what `answer` gives.

    answer: called with the number of results that wait; bytes, or b"" for an end of the line
    late: it says nothing more and keeps the line open, where it would end it    trickle: byte by byte
    """

    def __init__(self, answer, late=False, trickle=False):
        self.sock, self.theirs = socket.socketpair()
        self.theirs.setblocking(False)
        self.answer, self.late, self.trickle = answer, late, trickle
        self.said, self.looks, self.frames, self.rest = False, 0, 0, b""

    def session(self):
        session = Session(self)
        session.channel.send = self.hear
        return session

    def hear(self, frame):
        """Take what the grader sends, and answer it."""
        structure, _ = lengths(frame[: HEADER.size])
        verb, *parts = decode_structure(frame[HEADER.size : HEADER.size + structure])
        said = self.answer(len(parts[1]) if verb == "request" else 0)
        self.frames += 1
        self.rest += said
        if not said and not self.late:
            self.theirs.shutdown(socket.SHUT_WR)
            self.rest = b""
        self.feed()

    def feed(self):
        """Write what fits."""
        while self.rest:
            try:
                sent = self.theirs.send(self.rest[:1] if self.trickle else self.rest)
            except OSError:
                return
            self.rest = self.rest[sent:]
            if self.trickle:
                return

    def check(self):
        before = len(self.rest)
        self.feed()
        self.looks += 1
        if len(self.rest) == before or self.looks > 50:
            raise TooSlow("it does not answer")

    def kill(self):
        pass

    def lost(self, error):
        assert isinstance(error, Closed | WireError), error
        return WorkerLost(str(error))

    def close(self):
        self.sock.close()
        self.theirs.close()


def unknown(tree):
    match tree:
        case ["h", int(number), str(), bool()] if number > 0:
            return number
    raise WireError("an unknown tag")


def codec(frame):
    """What the reader of values makes of a frame."""
    if len(frame) < HEADER.size:
        return "cut"
    try:
        structure, buffers = lengths(frame[: HEADER.size], MAX_REPLY)
        end = HEADER.size + structure
        message = decode_structure(frame[HEADER.size : end])
        unpacker = Unpacker(bytearray(frame[end : end + buffers]), unknown, known=[[1], {"k": 2}])
        value = [unpacker.unpack(tree) for tree in message[1:2]]
        unpacker.check_size(value)
    except WireError as error:
        return f"refused: {error}"
    show.value(value)
    return "a value"


def echo(*args, **kwargs):
    return args[0] if args else kwargs


STOPS = tuple(kind.__name__ for kind in RunStopped.__subclasses__())


class Tests:
    """What a test may do with a student's module, in a random order."""

    def __init__(self, chance):
        self.chance = chance

    def run(self, session):
        chance = self.chance
        module = session.module = Handle(session, 1)
        array, nested = mutants.np.zeros(3), [1, [2.5], {"k": (1,)}]
        session.in_place = chance.random() < 0.5

        def nested_call(*args):
            return module.f(nested_call, *args[:1])

        made = [module, module]
        steps = [
            lambda: module.f(array, nested),
            lambda: module.g(echo, made[-1]),
            lambda: module.h(nested_call),
            lambda: made[-1] + 2.0 * made[0],
            lambda: made[-1].grad,
            lambda: float(made[-1]),
            lambda: isinstance(made[-1], module.Kind) if type(module.Kind) is Handle else None,
            lambda: made[-1](1.5),
            lambda: session.build("torch.nn.Linear", 3, 5),
            session.settle_all,
            lambda: session.replace("m", "f", "function", echo),
            lambda: made[-1].grad == 1.0,
            lambda: assert_close(made[-1], 1.0, of="y"),
            lambda: self.block(module),
            lambda: setattr(made[-1], "grad", 0.0),
        ]
        seen = []
        while len(seen) < STEPS and (not seen or seen[-1] not in STOPS):
            try:
                got = chance.choice(steps)()
                show.value(got)
            except (Exception, RunStopped) as error:
                seen.append(outcome(error))
                continue
            seen.append("a value" if type(got) is not Handle else "an object")
            if type(got) is Handle:
                made.append(got)
            if chance.random() < 0.1:
                session.forget()
        return seen

    def block(self, module):
        with module.flag():
            return module.x


def outcome(error):
    """What an error in a test is, in a word or two. Raises what must not come."""
    if isinstance(error, StudentError):
        if isinstance(error, StopIteration | StopAsyncIteration):
            raise Wrong("an end of iteration") from error
        return "an error of the student's"
    if isinstance(error, RunStopped | Mismatch):
        return type(error).__name__
    if not isinstance(error, CannotCross) and raised_in_grader(error):
        raise error
    return "an error of the test's own line"


def raised_in_grader(error):
    """Whether it arose in our code, rather than in what a test does with a plain value."""
    trace = error.__traceback__
    while trace.tb_next is not None:
        trace = trace.tb_next
    return GRADER in Path(trace.tb_frame.f_code.co_filename).parents


class Fuzz:
    """Counts frames and what came of them."""

    def __init__(self, seed):
        self.mutants = mutants.Mutants(seed)
        self.chance = random.Random(seed + 1)
        self.tests = Tests(self.chance)
        self.outcomes = collections.Counter()
        self.frames, self.slowest, self.sessions = 0, 0.0, 0

    def run(self, frames, heavy=True):
        """Send at least so many frames. Wrong where an outcome is none that may be."""
        heavies = list(mutants.heavy_frames()) if heavy else []
        ready, at = HEAVY_EVERY, 0
        while self.frames < frames:
            if heavies and self.frames >= ready:
                _, frame = heavies[at % len(heavies)]
                ready, at = ready + HEAVY_EVERY, at + 1
                self.codec(frame)
                self.session(frame)
            for _ in range(10):
                self.codec(self.mutants.frame())
            self.session()

    def codec(self, frame):
        self.timed(lambda: [f"codec: {codec(frame)}"], lambda: [frame])
        self.frames += 1

    def session(self, heavy=None):
        """One scripted worker against one test. heavy: the one frame that it knows"""
        chance, told = self.chance, []
        most = chance.randrange(1, MOST_ANSWERS)

        def answer(waiting):
            said = b""
            if len(told) < most:
                said = heavy or self.mutants.answer(waiting)
                said += said if chance.random() < 0.02 else b""
            told.append(said)
            return said

        slow = chance.random()
        jail = Scripted(answer, late=slow < 0.002, trickle=slow < 0.001)

        def play():
            return [f"session: {what}" for what in self.tests.run(jail.session())]

        self.sessions += 1
        try:
            self.timed(play, lambda: told)
        finally:
            jail.close()
        self.frames += len(told)

    def timed(self, play, frames):
        begin = time.perf_counter()
        before = signal.signal(signal.SIGALRM, hang)
        signal.alarm(HANG)
        try:
            self.outcomes.update(play())
        except BaseException as error:
            print("frames:", [frame[:2_000] for frame in frames()], file=sys.stderr)
            if isinstance(error, KeyboardInterrupt):
                raise
            raise Wrong(f"{type(error).__name__}: {error}") from error
        finally:
            signal.alarm(0)
            signal.signal(signal.SIGALRM, before)
        self.slowest = max(self.slowest, time.perf_counter() - begin)


def resident():
    """MiB of memory that this process has now."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize() / 2**20


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--frames", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with contextlib.suppress(ImportError):
        import torch  # noqa: F401  so that the tags of tensors are read too
    Fuzz(options.seed).run(5_000, heavy=False)  # imports and caches are no growth
    fuzz = Fuzz(options.seed)
    before, begin = resident(), time.perf_counter()
    fuzz.run(options.frames)
    seconds = time.perf_counter() - begin
    gc.collect()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    for what, count in sorted(fuzz.outcomes.items(), key=lambda entry: -entry[1]):
        print(f"{count:>9,}  {what}")
    print(f"{fuzz.frames:,} frames ({fuzz.sessions:,} sessions), seed {options.seed}: no crash, no hang")
    print(f"{fuzz.frames / seconds:,.0f} frames/s, the slowest step took {fuzz.slowest:.2f} s")
    print(f"memory: {before:.0f} MiB before, {resident():.0f} MiB after, {peak:.0f} MiB at most")


if __name__ == "__main__":
    main()
