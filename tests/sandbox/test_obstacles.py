"""What a machine has against user namespaces, read from its settings."""

import pytest

from grader.sandbox.obstacles import obstacle


@pytest.fixture
def proc(tmp_path):
    """A machine without obstacles."""
    put(tmp_path, "sys/user/max_user_namespaces", "15000")
    put(tmp_path, "self/status", "Name:\tpython\nSeccomp:\t0\n")
    put(
        tmp_path,
        "self/mountinfo",
        "22 1 8:1 / / rw - ext4 /dev/sda1 rw\n23 22 0:5 / /proc rw - proc proc rw\n",
    )
    return tmp_path


def put(proc, name, text):
    file = proc / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text + "\n", "ascii")


def test_nothing_known_in_the_way(proc):
    assert obstacle(proc, root=False) is None
    assert obstacle(proc / "nowhere", root=False) is None


@pytest.mark.parametrize(
    ("file", "why", "remedy", "root_too"),
    [
        (("sys/user/max_user_namespaces", "0"), "allows no user", "max_user_namespaces=15000", True),
        (("sys/kernel/unprivileged_userns_clone", "0"), "for root", "userns_clone=1", False),
        (("sys/kernel/apparmor_restrict_unprivileged_userns", "1"), "AppArmor", "/etc/apparmor.d", False),
        (("self/status", "Seccomp:\t2"), "a system-call filter was here", "--cap-add SYS_ADMIN", True),
        (("self/mountinfo", "23 22 0:5 / /proc rw - proc proc rw"), "a chroot", "run outside it", True),
    ],
)
def test_an_obstacle_is_named(file, why, remedy, root_too, proc):
    put(proc, *file)
    found = obstacle(proc, root=False)
    assert why in found.why
    assert remedy in found.remedy
    assert (obstacle(proc, root=True) is not None) == root_too
