"""User namespaces: an ordinary user is root in one of his own, enough to make the other namespaces.

It is entered once, by the zygote. The files of the machine still see the user that he is outside. His groups
stay with him, because only root may give groups up: the layers that refuse files do not ask for groups.
"""

import os
from pathlib import Path

from grader.sandbox.attempt import report, verdict
from grader.sandbox.identity import SLOTS, first_id
from grader.sandbox.syscalls import call, forbid_inspection
from grader.sandbox.tether import tether, tether_to

_NEWUSER, _NEWPID = 0x10000000, 0x20000000


def enter_user_namespace(more: int | None = None) -> None:
    """Move this process into a new user namespace, under its own user id. OSError if refused.

    more: the first of SLOTS other ids to have there as well, which root alone may ask for
    """
    maps = [("uid_map", os.geteuid()), ("gid_map", os.getegid())]
    if more is not None:
        _with_help({name: f"{own} {own} 1\n{more} {more} {SLOTS}\n" for name, own in maps})
        return
    call("unshare", _NEWUSER)
    _write("self", "setgroups", "deny")  # or the kernel takes no map of groups from an ordinary user
    for name, own in maps:
        _write("self", name, f"{own} {own} 1\n")


def _with_help(texts: dict[str, str]) -> None:
    """Enter; a child that stayed outside, where it is root, writes the maps."""
    gate, entered = os.pipe()
    said, saying = os.pipe()
    me = os.getpid()
    helper = os.fork()
    if helper == 0:
        failure: OSError | None = None
        try:
            os.close(entered)
            if os.read(gate, 1):
                for name, text in texts.items():
                    _write(str(me), name, text)
        except OSError as error:
            failure = error
        report(saying, failure)
        os._exit(0)
    os.close(gate)
    os.close(saying)
    try:
        call("unshare", _NEWUSER)
        os.write(entered, b"x")
        reason = verdict(said)
    finally:
        os.close(entered)
        os.close(said)
        os.waitpid(helper, 0)
    if reason:
        raise OSError(reason)


def _write(process: str, name: str, text: str) -> None:
    Path(f"/proc/{process}/{name}").write_text(text, "ascii")


def fork_first_process() -> int:
    """Like os.fork(); the child is process 1 of a process namespace that belongs to this user namespace.

    Only there may it make more of them and come back. OSError if refused.
    """
    call("unshare", _NEWPID)
    return os.fork()


def move_into_user_namespace(more: int | None = None) -> None:
    """Go on as process 1 of a process namespace in a new user namespace; the caller waits for that process.

    Returns in the new process alone, which dies with the old one and takes all that it forked with it.
    OSError if refused. The caller must have one thread only, and be tied to its own parent.
    """
    parent = os.getppid()
    enter_user_namespace(more)
    old = os.pidfd_open(os.getpid())
    pid = fork_first_process()
    if pid == 0:
        tether(old)
        return
    _wait_for(pid, parent)


def _wait_for(pid: int, parent: int) -> None:
    """End as that process ends. Holds no file open, so that whoever waits for its end sees it."""
    os.closerange(0, os.sysconf("SC_OPEN_MAX"))
    forbid_inspection()
    if tether_to(parent):
        _, status = os.waitpid(pid, 0)
        code = os.waitstatus_to_exitcode(status)
        os._exit(code if code >= 0 else 128 - code)
    os._exit(1)


def more_ids(zygote: int) -> int | None:
    """The ids that root may take along for the workers of this zygote; None for everybody else."""
    return first_id(zygote) if os.geteuid() == 0 else None
