"""Who takes part, and the programs that read for them: processes that wait between measurements."""

import json
import select
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
#: No answer in this time is taken for a failure.
PATIENCE = 300


@dataclass(frozen=True)
class Contestant:
    """A way to read a file."""

    mode: str
    title: str
    program: str
    #: The layouts that it is measured with.
    layouts: tuple = ("contiguous", "blocks", "large")


CONTESTANTS = [
    Contestant("stream-2", "Lockstep's stream, shuffled, 2 threads", "lockstep"),
    Contestant("stream-1", "Lockstep's stream, shuffled, 1 thread", "lockstep", ("contiguous", "blocks")),
    Contestant("chunk-stream-2", "the same, blocks as large as chunks, 2 threads", "lockstep", ("large",)),
    Contestant("blocks-2", "Lockstep's readers, 64k rows in order, 2 threads", "lockstep"),
    Contestant("library-stream", "the same stream by H5Dread, shuffled", "lockstep"),
    Contestant("library-blocks", "H5Dread of 64k rows, in order", "lockstep"),
    Contestant("h5py-in-place", "h5py, 64k rows in order, read_direct", "h5py"),
    Contestant("h5py-slices", "h5py, 64k rows in order, slices", "h5py"),
    Contestant("h5py-mixed", "h5py and NumPy, 64k rows mixed, minibatches", "h5py"),
    Contestant("loader", "DataLoader, 2 workers, shuffled minibatches", "loader"),
    Contestant("loader-64", "DataLoader, the same, 64 handed on at a time", "loader"),
    Contestant("loader-same", "DataLoader, the blocks of the stream, 64 at a time", "loader", ("blocks", "large")),
    Contestant("cat", "cat FILE > /dev/null", "cat", ("contiguous",)),
]
#: Measured once, in its first seconds: rows a second of a whole epoch would be the same.
NAIVE = Contestant("loader-naive", "DataLoader, a row at a time (first seconds, once)", "loader", ("contiguous", "blocks"))


class Program:
    """A process that answers lines of `MODE SECONDS FILE` with lines of JSON."""

    def __init__(self, command: list, log: Path):
        self.log = log
        with open(log, "wb") as errors:
            self.process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors, text=True)
        self.versions = self.answer()["versions"]

    def measure(self, mode: str, seconds: float, file: Path) -> dict:
        self.process.stdin.write(f"{mode} {seconds} {file}\n")
        self.process.stdin.flush()
        return self.answer()

    def answer(self) -> dict:
        line = ""
        if select.select([self.process.stdout], [], [], PATIENCE)[0]:
            line = self.process.stdout.readline()
        if not line:
            self.process.kill()
            sys.exit(f"run: error: a program that reads failed: {self.log.read_text(errors='replace')[-2000:]}")
        return json.loads(line)

    def close(self) -> None:
        self.process.stdin.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Cat:
    """The program of that name, in the place of one that reads."""

    versions = {}

    def measure(self, _: str, seconds: float, file: Path) -> dict:
        began = time.perf_counter()
        times = 0
        with open("/dev/null", "wb") as nowhere:
            while time.perf_counter() - began < seconds:
                subprocess.run(["cat", file], stdout=nowhere, check=True)
                times += 1
        return {"files": times, "seconds": time.perf_counter() - began}

    def close(self) -> None:
        pass


def start(folder: Path) -> dict:
    """All programs, ready to read."""
    reading = ROOT / "Benchmarks/.build/release/Reading"
    commands = {"lockstep": [reading], "h5py": [sys.executable, HERE / "h5py_reader.py"],
                "loader": [sys.executable, HERE / "loader_reader.py"]}
    programs = {name: Program(command, folder / f"{name}.log") for name, command in commands.items()}
    return {**programs, "cat": Cat()}
