"""Compares Lockstep with its peers. Benchmarks/Peers/run prepares what it needs and starts it."""

import argparse
import json
import os
import shlex
import subprocess
import sys
import time
from pathlib import Path

from contestants import PEERS
from works import PROCESS, WORKS

ROOT = Path(__file__).resolve().parents[2]


def names(allowed: list):
    """A parser of names joined by commas."""
    def parse(text: str) -> list:
        wanted = text.split(",")
        for name in wanted:
            if name not in allowed:
                raise argparse.ArgumentTypeError(f"there is no {name!r}; there are {', '.join(allowed)}")
        return wanted
    return parse


def thread_counts(text: str) -> list:
    counts = [int(part) for part in text.split(",")]
    if min(counts) < 1:
        raise argparse.ArgumentTypeError("numbers of threads are at least 1")
    return counts


def arguments() -> argparse.Namespace:
    cases = [work.name for work in WORKS] + [PROCESS]
    parser = argparse.ArgumentParser(
        prog="Benchmarks/Peers/run", formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Measures how long Lockstep and its peers take for the same training, each at its best.\n"
        "Nothing else should run on the machine meanwhile.",
        epilog="cases:\n" + "\n".join(f"  {work.name:12}{work.title}" for work in WORKS)
        + f"\n  {PROCESS:12}the first of them as a whole process, from its start to its end\n\n"
        "examples:\n  Benchmarks/Peers/run --cases tiny-64 --rounds 10 --output results\n"
        "  Benchmarks/Peers/run --peers pytorch,jax --threads 1,2,4\n\n"
        "The environment .build/peers is made the first time; PYTHON names the interpreter to make it with.")
    parser.add_argument("--cases", type=names(cases), default=cases, metavar="NAMES",
                        help="what to measure, joined by commas (default: everything)")
    parser.add_argument("--peers", type=names(PEERS), default=PEERS, metavar="NAMES",
                        help=f"with whom, joined by commas: {', '.join(PEERS)} (default: all)")
    parser.add_argument("--rounds", type=int, default=5, metavar="N",
                        help="measurements of each; take at least 10 for numbers to publish (default: 5)")
    parser.add_argument("--seconds", type=float, default=1, metavar="S",
                        help="about how long a measurement takes, in whole epochs (default: 1)")
    parser.add_argument("--threads", type=thread_counts, default=powers_of_two(), metavar="COUNTS",
                        help="numbers of threads to try, joined by commas (default: powers of two and all CPUs)")
    parser.add_argument("--output", type=Path, metavar="DIR", help="write raw.json and table.md there")
    parser.add_argument("--lockstep", type=Path, default=ROOT / ".build/release/lockstep", metavar="PATH",
                        help="the program to measure (default: .build/release/lockstep, built if it is not there)")
    options = parser.parse_args()
    if options.rounds < 1 or options.seconds <= 0:
        parser.error("--rounds and --seconds are more than 0")
    return options


def powers_of_two() -> list:
    cpus = len(os.sched_getaffinity(0))
    return [1 << power for power in range(cpus.bit_length()) if 1 << power < cpus] + [cpus]


def main() -> None:
    options = arguments()
    # What follows needs the environment; the help does not.
    import comparison
    import files
    import machine
    import report
    from contestants import Files

    if not options.lockstep.exists():
        sys.exit(f"compare.py: error: there is no {options.lockstep}; build it: swift build -c release")
    version = subprocess.run([options.lockstep, "--version"], capture_output=True, text=True, check=True)
    folder = ROOT / ".build/peers-work"
    folder.mkdir(parents=True, exist_ok=True)
    # What PyTorch compiles is kept for the next run.
    os.environ.setdefault("TORCHINDUCTOR_CACHE_DIR", str(folder / "inductor"))

    def files_of(work):
        return Files(
            samples=files.samples_file(work, folder, options.lockstep), initial=files.initial_file(work, folder),
            lockstep=options.lockstep.resolve(), fann=ROOT / ".build/peers/fann_peer")

    raw = {
        "date": time.strftime("%Y-%m-%d"), "machine": machine.describe(), "lockstep": version.stdout.strip(),
        "command": shlex.join(["Benchmarks/Peers/run", *sys.argv[1:]]), "works": {}}
    for work in WORKS:
        if work.name in options.cases:
            raw["works"][work.name] = comparison.compare(
                work, options.peers, options.threads, options.rounds, options.seconds, files_of(work), folder)
            save(raw, report, options.output)
    if PROCESS in options.cases:
        raw["works"][PROCESS] = comparison.compare_processes(
            WORKS[0], options.peers, options.rounds, files_of(WORKS[0]), folder)
        save(raw, report, options.output)
    print(report.document(raw))


def save(raw: dict, report, output) -> None:
    """Writes what there is so far, so that an interrupted run has told something."""
    if output:
        output.mkdir(parents=True, exist_ok=True)
        (output / "raw.json").write_text(json.dumps(raw, indent=1) + "\n")
        (output / "table.md").write_text(report.document(raw))


if __name__ == "__main__":
    main()
