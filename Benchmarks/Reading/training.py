"""Training from a file that is streamed, beside training on the same rows in memory."""

import json
import os
import subprocess
import sys
from pathlib import Path
from statistics import median

from files import LOCKSTEP

EPOCHS = 4
#: What is asked for beside the same recipe.
WAYS = {"in memory": ["--shuffle", "blocks"],
        "streamed": ["--shuffle", "blocks", "--memory-budget", "16MiB"]}


def measure(files: list, folder: Path) -> dict:
    """Seconds and bytes of both ways, once."""
    narrow = [file for file in files if file.features == 2 and file.layout != "large"]
    found = {}
    for file in narrow:
        for way, options in WAYS.items():
            found[f"{file.layout}, {way}"] = train(file.path, options, folder)
    return found


def train(path: Path, options: list, folder: Path) -> dict:
    command = [
        LOCKSTEP, "train", path, "--hidden", "10", "--optimizer", "adam", "--batch-size", "1024", "--epochs", str(EPOCHS),
        "--checkpoint-every", str(EPOCHS), "--threads", "2", *options, "--output", folder / "model.weights.h5", "--force",
        "--json", "--quiet"]
    answer = folder / "train.json"
    with open(answer, "wb") as output:
        process = subprocess.Popen(command, stdout=output)
        _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit("run: error: lockstep train failed")
    summary = json.loads(answer.read_text())
    return {"training_seconds": summary["training_seconds"], "rows_a_second": EPOCHS * summary["samples"] / summary[
        "training_seconds"], "streamed": summary["streamed"], "peak_kilobytes": usage.ru_maxrss,
        "digest": summary["parameters_digest"]}


def gathered(runs: list) -> dict:
    """From a list of rounds to lists by way. All of them must have come to the same parameters."""
    digests = {way["digest"] for run in runs for way in run.values()}
    if len(digests) != 1:
        sys.exit(f"run: error: streaming changed the parameters: {digests}")
    return {
        "epochs": EPOCHS, "digest": digests.pop(),
        "ways": {name: {
            "streamed": runs[0][name]["streamed"],
            "rows_a_second": [run[name]["rows_a_second"] for run in runs],
            "training_seconds": [run[name]["training_seconds"] for run in runs],
            "peak_kilobytes": median(run[name]["peak_kilobytes"] for run in runs)} for name in runs[0]}}
