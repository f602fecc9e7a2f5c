"""Where the tests of torch units put their tensors, and whether that place exists here."""

from enum import StrEnum

from grader.errors import UsageError


class Device(StrEnum):
    """What `--device` takes. Units of numpy do not ask for it."""

    CPU = "cpu"
    CUDA = "cuda"


def require(device: str) -> None:
    """Make sure that the device is there. UsageError where torch is missing, or finds no GPU."""
    if device == Device.CPU:
        return
    try:
        import torch  # noqa: PLC0415  only who asks for a GPU pays for it
    except ImportError:
        raise UsageError(
            f"--device {device}: torch is not installed here", 'Install it: pip install "katagrad[torch]"'
        ) from None
    if not torch.cuda.is_available():
        raise UsageError(
            f"--device {device}: torch finds no CUDA GPU here", "Leave --device out to run on the CPU."
        )
