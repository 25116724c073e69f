"""The other side of `programs.py`: a program in Python that measures what it is asked for."""

import json
import sys
import time


def serve(measures: dict, versions: dict) -> None:
    """Answers lines of `MODE SECONDS FILE` with the rows that `measures[MODE](file, seconds)` read in how many seconds."""
    print(json.dumps({"versions": versions}), flush=True)
    for line in sys.stdin:
        mode, seconds, file = line.rstrip("\n").split(" ", 2)
        rows, taken = measures[mode](file, float(seconds))
        print(json.dumps({"rows": rows, "seconds": taken}), flush=True)


def paced(rows_of_each, seconds: float) -> tuple:
    """Adds up what an iterator of numbers of rows yields until the time is over."""
    began = time.perf_counter()
    rows = 0
    for count in rows_of_each:
        rows += count
        taken = time.perf_counter() - began
        if taken >= seconds:
            break
    return rows, time.perf_counter() - began
