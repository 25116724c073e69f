"""The method: everybody reads every file in turn, round after round."""

import sys
from pathlib import Path

import programs
import training
from programs import CONTESTANTS, NAIVE


def measure(files: list, rounds: int, seconds: float, folder: Path) -> dict:
    """Rows a second of each round, by file and contestant; and how training went."""
    running = programs.start(folder)
    results = [{"file": file.title, "features": file.features, "layout": file.layout, "rows": file.rows,
                "rates": {}, "naive": None} for file in files]
    runs = []
    try:
        warm_up(files, running)
        for number in range(rounds):
            print(f"run: round {number + 1} of {rounds}", file=sys.stderr, flush=True)
            for result, file in zip(results, files):
                for contestant in turn(CONTESTANTS, number):
                    if file.layout in contestant.layouts:
                        rates = result["rates"].setdefault(contestant.mode, [])
                        rates.append(rate(running, contestant, seconds, file))
            runs.append(training.measure(files, folder))
        for result, file in zip(results, files):
            if file.features == 2 and file.layout in NAIVE.layouts:
                result["naive"] = rate(running, NAIVE, min(2, 10 * seconds), file)
    finally:
        for program in running.values():
            program.close()
    versions = {name: version for program in running.values() for name, version in program.versions.items()}
    return {"versions": versions, "results": results, "training": training.gathered(runs)}


def turn(contestants: list, number: int) -> list:
    """Another one begins each round, so that nobody always follows the same one."""
    first = number % len(contestants)
    return contestants[first:] + contestants[:first]


def warm_up(files: list, running: dict) -> None:
    """Brings all files into the system's cache, and starts the workers."""
    for file in files:
        with open(file.path, "rb") as source:
            while source.read(1 << 22):
                pass
        for contestant in CONTESTANTS:
            if contestant.program == "loader" and file.layout in contestant.layouts:
                running["loader"].measure(contestant.mode, 0, file.path)


def rate(running: dict, contestant, seconds: float, file) -> float:
    """Rows a second."""
    answer = running[contestant.program].measure(contestant.mode, seconds, file.path)
    rows = answer["files"] * file.rows if "files" in answer else answer["rows"]
    return rows / answer["seconds"]
