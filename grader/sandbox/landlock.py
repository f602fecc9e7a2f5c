"""Landlock: every right on files that the kernel knows is handled, and no rule grants any of them."""

import ctypes
import os

from grader.sandbox.syscalls import call

# index: ABI of the kernel; the rights on files that it can refuse
_FILE_RIGHTS = (0, 0x1FFF, 0x3FFF, 0x7FFF, 0x7FFF, 0xFFFF)
_NETWORK_RIGHTS = 0b11  # bind and connect of TCP, from ABI 4
_SCOPES = 0b11  # abstract unix sockets and signals beyond the jail, from ABI 6
_VERSION = 1


class _Ruleset(ctypes.Structure):
    _fields_ = (("files", ctypes.c_uint64), ("network", ctypes.c_uint64), ("scopes", ctypes.c_uint64))


def abi() -> int:
    """The version of Landlock in this kernel. OSError where there is none."""
    return call("landlock_create_ruleset", None, 0, _VERSION)


def apply_landlock() -> None:
    """Refuse this process every file, and the network and signals where the kernel can. OSError if it cannot.

    no_new_privs must be set before, unless the caller is root.
    """
    version = abi()
    ruleset = _Ruleset(
        _FILE_RIGHTS[min(version, len(_FILE_RIGHTS) - 1)],
        _NETWORK_RIGHTS if version >= 4 else 0,
        _SCOPES if version >= 6 else 0,
    )
    descriptor = call("landlock_create_ruleset", ctypes.byref(ruleset), ctypes.sizeof(ruleset), 0)
    try:
        call("landlock_restrict_self", descriptor, 0)
    finally:
        os.close(descriptor)
