"""Forged and malformed frames, written on the worker's own line."""

from kata_attacks.model import BOUNDARY, CLOCK, WIRE, Attack

# line(): the number of the open socket; say(frame): writes raw bytes; ok(tree): a well-made reply
HELP = """
import os, struct, sys

def line():
    import gc
    import grader.remote.worker as module
    return next(t for t in gc.get_objects() if type(t) is module.Worker).channel.sock

def say(structure, buffers=b"", head=None):
    line().sendall((head or struct.pack("<II", len(structure), len(buffers))) + structure + buffers)

def message(tree, buffers=b""):
    from grader.remote.wire import encode_structure
    say(encode_structure(tree), buffers)

def ok(tree, changed=(), settled=(), buffers=b""):
    message(["ok", tree, list(changed), list(settled)], buffers)
"""
WHY = "the wire has no switch; tests/remote proves it frame by frame"


def forged(name, tries, body, expect="C", exercise="double", stops=(WIRE,), **more):
    lines = "\n".join("    " + line for line in body.strip().splitlines())
    heads = {
        "double": "double(x)",
        "fill": "fill(values, number)",
        "odd_part": "odd_part(f, x)",
        "steps": "steps(n)",
    }
    code = f"{HELP}\ndef {heads[exercise]}:\n{lines}\n    return 0.0\n"
    return Attack(name, tries, code, stops=stops, expect={exercise: expect}, why=WHY, **more)


ATTACKS = [
    forged("noise", "writes random bytes", "line().sendall(bytes(range(256)) * 4)"),
    forged("a huge frame", "announces a frame of 4 GiB", "say(b'', head=b'\\xff' * 8)"),
    forged(
        "a frame that never comes",
        "announces 4 MiB, sends 4 bytes and ends",
        "line().sendall(struct.pack('<II', 4 << 20, 0) + b'\\x91\\x91\\x91\\x91')\nos._exit(0)",
    ),
    forged(
        "buffers without end",
        "announces 200 MiB of buffers, sends 8 and ends",
        "line().sendall(struct.pack('<II', 1, 200 << 20) + b'\\x90' + b'x' * (8 << 20))\nos._exit(0)",
    ),
    forged(
        "drop by drop",
        "sends one byte now and then, for ever",
        "import time\nline().sendall(struct.pack('<II', 1000, 0))\nwhile True:\n    line().sendall(b'\\x91')\n"
        "    time.sleep(0.05)",
        "CS",
        stops=(WIRE, CLOCK),
        everywhere=False,
        slow=True,
    ),
    forged("depth", "100,000 lists inside each other", "say(b'\\x91' * 100_000 + b'\\xc0')"),
    forged(
        "an extension",
        "uses msgpack's extension types and times",
        "say(b'\\x94\\xa2ok\\xd6\\xff\\x00\\x00\\x00\\x00\\x90\\x90')",
    ),
    forged("a map", "sends a msgpack map in place of a list", "say(b'\\x81\\xa2ok\\x01')"),
    forged("not utf-8", "sends a text that is none", "say(b'\\x94\\xa2ok\\xa2\\xff\\xfe\\x90\\x90')"),
    forged("an unknown verb", "answers with a message that does not exist", "message(['give me', 'points'])"),
    forged(
        "an unknown tag", "answers with a value of an unknown kind", "ok(['P', 'pickle', b'cos\\nsystem\\n'])"
    ),
    forged(
        "a request",
        "asks the grader to load, build and call",
        "message(['request', [], [], 'build', 'os.system', ['t', 'true'], ['d']])",
    ),
    forged(
        "answers in advance",
        "answers the next hundred questions before they are asked",
        "for _ in range(100): ok(6.0)",
        "CW",
        stops=(WIRE, BOUNDARY),
    ),
    forged("two answers", "answers one question twice", "ok(1.0)\nok(2.0)", "CW", stops=(WIRE, BOUNDARY)),
    forged(
        "a lying shape",
        "an array that claims 2 ** 40 entries in 8 bytes",
        "ok(['a', '<f8', [1 << 40], [0, 8], True], buffers=b'x' * 8)",
    ),
    forged(
        "shapes that overflow",
        "an array whose sizes multiply to 0",
        "ok(['a', '<f8', [1 << 62, 4, 0], [0, 0], True])",
    ),
    forged(
        "outside its frame",
        "an array that lies beyond the frame's buffers",
        "ok(['a', '<f8', [100], [-800, 800], True], buffers=b'x' * 8)",
    ),
    forged(
        "an array of objects",
        "an array whose entries are pointers",
        "ok(['a', '|O', [1], [0, 8], True], buffers=b'AAAAAAAA')",
    ),
    forged(
        "a structured dtype",
        "a dtype in numpy's little language",
        "ok(['a', '(1000000000,)f8', [1], [0, 8], True], buffers=b'AAAAAAAA')",
    ),
    forged(
        "bools that are neither", "a bool of value 2", "ok(['a', '|b1', [1], [0, 1], True], buffers=b'\\x02')"
    ),
    forged("a reference to nothing", "refers to an object that did not cross", "ok(['r', 999_999])"),
    forged(
        "a handle of somebody's", "answers with a made-up handle", "ok(['h', 12345, 'float', True])", "CW"
    ),
    forged(
        "a handle with a negative number",
        "answers with a number that the grader gives",
        "ok(['h', -5, 'float', True])",
        "CW",
    ),
    forged(
        "a callback of nobody's",
        "calls a function that no test handed over",
        "message(['callback', 4711, ['t'], ['d']])",
    ),
    forged(
        "keywords that are none",
        "calls the test's function with keywords that are numbers",
        "message(['callback', 0, ['t', 1.0], ['d', 5, 5]])",
        exercise="odd_part",
    ),
    forged(
        "an error of its own make",
        "an error that claims to be a verdict of the test's, number 0, -1 and 10 ** 9",
        "from grader.remote.wire import encode_structure\nfor ticket in (0, -1, 10**9):\n"
        "    message(['error', ['X', ['SystemExit', 'KeyboardInterrupt', 'exec', 'Exception'], 'passed', "
        "[['/etc/passwd', 1, 'f']], 0, ticket, ['/etc/passwd', 1, 't', 0]], [], []])",
        "C",
    ),
    forged(
        "a change of another kind",
        "changes the test's array into a list",
        "ok(None, [[0, ['l', 1.0]]])",
        exercise="fill",
    ),
    forged(
        "a change of shape",
        "changes the test's array into a larger one",
        "ok(None, [[0, ['a', '<f8', [1], [0, 8], True]]], buffers=b'x' * 8)",
        exercise="fill",
    ),
    forged(
        "a change of nothing",
        "changes an argument that was not handed over",
        "ok(None, [[7, ['l']]])",
        exercise="fill",
    ),
    forged(
        "settled twice", "tells what became of requests that nobody made", "ok(6.0, (), [['v', 6.0]] * 50)"
    ),
    forged(
        "a range without end",
        "a number of steps that is a range of 2 ** 62",
        "ok(['g', 0, 1 << 62, 1])",
        "CW",
        exercise="steps",
    ),
    forged(
        "its own tripwire",
        "reports a breach of its own with a made-up name and place",
        "message(['tripped', 'torch.\\x1b[31m<b>', ['/etc/passwd', 1]])",
        "BC",
    ),
    forged(
        "the same frame again",
        "replays the first reply that it gave",
        "sock = line()\nimport grader.remote.channel as c\nsaid = []\noriginal = c.Channel.send\n"
        "def send(self, frame):\n    said.append(frame)\n    original(self, said[0])\nc.Channel.send = send",
        "CW",
        stops=(WIRE, BOUNDARY),
    ),
    forged(
        "another process's socket",
        "looks for a socket that is not its own among the descriptors",
        "for fd in range(3, 200):\n    if fd != line().fileno():\n        try:\n            os.fstat(fd)\n"
        "            LOOT.append('descriptor %d' % fd)\n        except OSError: pass",
        "W",
        stops=("closed descriptors",),
    ),
    forged(
        "out of band",
        "sends urgent data",
        "import socket\nattempt(lambda: line().send(b'x', socket.MSG_OOB) or 'sent')",
        "WC",
        stops=("seccomp filter",),
    ),
    forged(
        "a descriptor",
        "sends an open file along",
        "import socket, array\nattempt(lambda: line().sendmsg([b'x'], "
        "[(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array('i', [0]))]) or 'sent')",
        "WC",
        stops=("seccomp filter",),
    ),
]
