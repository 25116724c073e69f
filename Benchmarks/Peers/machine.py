"""What the numbers were measured on."""

import importlib.metadata
import os
import platform
import subprocess
from pathlib import Path


def describe() -> dict:
    return {
        "cpu": field("/proc/cpuinfo", "model name"), "cpus": len(os.sched_getaffinity(0)),
        "vectors": [flag for flag in ("avx512f", "avx2") if flag in field("/proc/cpuinfo", "flags").split()],
        "memory_kilobytes": int(field("/proc/meminfo", "MemTotal").split()[0] or 0),
        "virtual": "hypervisor" in field("/proc/cpuinfo", "flags").split(), "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(), "commit": commit(), "packages": packages()}


def packages() -> dict:
    """The versions of the Python packages that take part."""
    found = {}
    for name in ("torch", "jax", "jaxlib", "keras", "tensorflow-cpu", "scikit-learn", "numpy", "mlx"):
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            pass
    return found


def busy_seconds() -> float:
    """The CPU time that everybody on the machine has used so far, and what a host gave to others instead."""
    fields = Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]
    user, nice, system, _, _, interrupts, soft_interrupts, stolen = map(int, fields[:8])
    return (user + nice + system + interrupts + soft_interrupts + stolen) / os.sysconf("SC_CLK_TCK")


def field(path: str, name: str) -> str:
    """The value of the first line that begins with `name`."""
    for line in Path(path).read_text().splitlines():
        key, _, value = line.partition(":")
        if key.strip() == name:
            return value.strip()
    return ""


def commit() -> str:
    """The sources' commit, as far as git knows it."""
    root = Path(__file__).resolve().parents[2]
    try:
        answer = subprocess.run(
            ["git", "-C", root, "describe", "--always", "--dirty"], capture_output=True, text=True, check=True)
        return answer.stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
