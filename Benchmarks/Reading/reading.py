"""Compares how many rows a second reach minibatches. Benchmarks/Reading/run prepares what it needs and starts it."""

import argparse
import json
import os
import shlex
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def positive(kind):
    """A parser of numbers above 0."""
    def parse(text: str):
        value = kind(text)
        if value <= 0:
            raise argparse.ArgumentTypeError(f"{text} is not more than 0")
        return value
    return parse


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="Benchmarks/Reading/run",
        description="Measures how many rows a second reach minibatches, by Lockstep, libhdf5, h5py and PyTorch's "
        "DataLoader, from the same files in the system's cache. Nothing else should run on the machine meanwhile.")
    parser.add_argument("--rounds", type=positive(int), default=5, metavar="N",
                        help="measurements of each, all in turn in every round (default: 5)")
    parser.add_argument("--rows", type=positive(int), default=16_000_000, metavar="N",
                        help="rows of the files with 2 features; those with 64 have half of that (default: 16000000)")
    parser.add_argument("--seconds", type=positive(float), default=0.2, metavar="S",
                        help="how long a measurement takes at least (default: 0.2)")
    parser.add_argument("--output", type=Path, metavar="DIR",
                        help="where to write reading.txt and reading.json (default: today's folder of "
                        "Benchmarks/Results, or none with --quick)")
    parser.add_argument("--quick", action="store_true",
                        help="see whether everything works: small files, one short round, nothing is written")
    options = parser.parse_args()
    if options.quick:
        options.rounds, options.rows, options.seconds, options.output = 1, 400_000, 0.05, None
    return options


def command() -> str:
    """What was asked for, without the places that `run` adds."""
    words = [word for word in sys.argv[1:]]
    while "--output" in words:
        del words[words.index("--output"):words.index("--output") + 2]
    return shlex.join(["Benchmarks/Reading/run", *words])


def main() -> None:
    options = arguments()
    # What follows needs the environment; the help does not.
    import files
    import machine
    import report
    import rounds

    load = ", ".join(f"{value:.2f}" for value in os.getloadavg())
    raw = {"date": time.strftime("%Y-%m-%d"), "command": command(), "machine": machine.describe(),
           "load_before": load, "rounds": options.rounds, "seconds": options.seconds}
    folder = ROOT / ".build/reading-work"
    raw |= rounds.measure(files.make(folder, options.rows), options.rounds, options.seconds, folder)
    text = report.document(raw)
    if options.output:
        options.output.mkdir(parents=True, exist_ok=True)
        (options.output / "reading.json").write_text(json.dumps(raw, indent=1) + "\n")
        (options.output / "reading.txt").write_text(text)
    print(text, end="")


if __name__ == "__main__":
    main()
