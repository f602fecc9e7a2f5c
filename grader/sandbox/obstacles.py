"""What commonly stands between an ordinary user and a user namespace: the kernel's own words do not tell."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Obstacle:
    """why: a setting of this machine     remedy: how its administrator changes it"""

    why: str
    remedy: str


@dataclass(frozen=True)
class _Setting:
    """A file below /proc, the text in it that is in the way, whether root is held by it too."""

    file: str
    text: str
    root: bool
    obstacle: Obstacle


_SETTINGS = (
    _Setting(
        *("sys/user/max_user_namespaces", "0", True),
        Obstacle(
            "this machine allows no user namespaces (user.max_user_namespaces=0)",
            "as root: sysctl -w user.max_user_namespaces=15000",
        ),
    ),
    _Setting(
        *("sys/kernel/unprivileged_userns_clone", "0", False),
        Obstacle(
            "this machine keeps user namespaces for root (kernel.unprivileged_userns_clone=0)",
            "as root: sysctl -w kernel.unprivileged_userns_clone=1",
        ),
    ),
    _Setting(
        *("sys/kernel/apparmor_restrict_unprivileged_userns", "1", False),
        Obstacle(
            "AppArmor makes user namespaces powerless (kernel.apparmor_restrict_unprivileged_userns=1)",
            "as root: give this Python a profile in /etc/apparmor.d that says `userns,`, or "
            "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0",
        ),
    ),
)

_FILTERED = Obstacle(
    "a system-call filter was here first, as in a container",
    "start the container with --cap-add SYS_ADMIN, or with a seccomp profile that allows unshare, mount and "
    "pivot_root (docker run --security-opt seccomp=FILE)",
)
_CHROOT = Obstacle("this is a chroot, which may have no user namespaces", "run outside it, or in a container")


def obstacle(proc: Path = Path("/proc"), *, root: bool) -> Obstacle | None:
    """The likely reason why a user namespace cannot be used; None where nothing known is in the way.

    root: whether it is root who cannot
    """
    for setting in _SETTINGS:
        if _text(proc / setting.file) == setting.text and (setting.root or not root):
            return setting.obstacle
    status = _text(proc / "self/status").splitlines()
    if any(line.split() == ["Seccomp:", "2"] for line in status):
        return _FILTERED
    mounts = [line.split() for line in _text(proc / "self/mountinfo").splitlines()]
    if mounts and not any(fields[4] == "/" for fields in mounts):
        return _CHROOT
    return None


def _text(file: Path) -> str:
    try:
        return file.read_text("utf-8", "replace").strip()
    except OSError:
        return ""
