"""What the numbers were measured on."""

import os
import platform
import subprocess
from pathlib import Path


def describe() -> dict:
    return {
        "cpu": field("/proc/cpuinfo", "model name"), "cpus": len(os.sched_getaffinity(0)),
        "vectors": [flag for flag in ("avx512f", "avx2") if flag in field("/proc/cpuinfo", "flags").split()],
        "memory_kilobytes": int(field("/proc/meminfo", "MemTotal").split()[0] or 0),
        "virtual": "hypervisor" in field("/proc/cpuinfo", "flags").split(), "system": platform.platform(),
        "python": platform.python_version(), "commit": commit()}


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
