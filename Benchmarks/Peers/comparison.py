"""The method: find each peer's best settings, then measure all in turn, round after round."""

import sys
import time
from dataclasses import asdict
from pathlib import Path

import machine
import runners
from contestants import TITLES, Contestant, Files, contestants, missing
from works import PROCESS_EPOCHS, Work

#: Settings that took this much longer than the best of their peer in the trial are not measured further.
HOPEFUL = 1.15
#: A measurement begins when the machine was quiet for so many seconds: others used at most this part of a CPU.
PAUSE, QUIET = 0.2, 0.1
#: It begins anyway after so many seconds, and is made again if it was disturbed, so often at most ...
LONGEST_PAUSE, ATTEMPTS = 30, 4
#: ... unless it took less than so many seconds: CPU time is counted in hundredths.
COUNTABLE = 0.3


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


class Entry:
    """A contestant at a work, and all that was measured of it."""

    def __init__(self, runner: runners.Runner):
        self.runner = runner
        self.contestant = runner.contestant
        self.first_epoch_seconds = 0.0
        self.trial_microseconds = 0.0
        self.epochs = 1
        self.hopeful = True
        self.measurements = []
        self.losses = []

    def try_out(self, seconds: float) -> None:
        """Compiles and warms up, then finds how many epochs take about `seconds`."""
        self.first_epoch_seconds = self.runner.measure(1)["seconds"]
        for _ in range(2):
            answer = measure_undisturbed(self.runner, self.epochs)
            self.trial_microseconds = microseconds(answer)
            self.epochs = max(1, round(seconds * answer["epochs"] / answer["seconds"]))
            if self.epochs == answer["epochs"]:
                break

    @property
    def dictionary(self) -> dict:
        return {
            **asdict(self.contestant), "label": self.contestant.label, "versions": self.runner.versions,
            "first_epoch_seconds": self.first_epoch_seconds, "trial_microseconds_a_step": self.trial_microseconds,
            "measured_further": self.hopeful, "measurements": self.measurements, "losses": self.losses}


def measure_undisturbed(runner: runners.Runner, epochs: int) -> dict:
    """A measurement, with the part of a CPU that others used meanwhile, as `disturbance`, and how many `attempts`."""
    best = None
    for attempt in range(1, ATTEMPTS + 1):
        wait_for_quiet()
        began, busy, own = time.perf_counter(), machine.busy_seconds(), runner.cpu_seconds() + time.process_time()
        measurement = runner.measure(epochs)
        wall = time.perf_counter() - began
        others = machine.busy_seconds() - busy - (runner.cpu_seconds() + time.process_time() - own)
        measurement["disturbance"] = max(0, others / wall) if wall > COUNTABLE else 0
        if best is None or measurement["disturbance"] < best["disturbance"]:
            best = measurement
        if best["disturbance"] <= QUIET:
            break
    return {**best, "attempts": attempt}


def wait_for_quiet() -> None:
    """Returns when nobody computes: what was measured last has ended its spinning, and others give way."""
    latest = time.perf_counter() + LONGEST_PAUSE
    while True:
        busy = machine.busy_seconds()
        time.sleep(PAUSE)
        if machine.busy_seconds() - busy <= QUIET * PAUSE or time.perf_counter() > latest:
            return


def microseconds(measurement: dict) -> float:
    """The time of a step."""
    return measurement["seconds"] / measurement["steps"] * 1e6


def keep_hopeful(entries: list) -> None:
    """Closes what is clearly not the best of its peer."""
    for entry in entries:
        best = min(other.trial_microseconds for other in entries if other.contestant.peer == entry.contestant.peer)
        if entry.hopeful and entry.trial_microseconds > HOPEFUL * best:
            entry.hopeful = False
            entry.runner.close()


def compare(work: Work, peers: list, threads: list, rounds: int, seconds: float, files: Files, folder: Path) -> dict:
    """Measures a work. What is returned can be written as JSON."""
    absent, entries = {}, []
    taking_part = [name for name in peers if contestants(name, work, threads)]
    say(f"{work.name}: {work.title}")
    try:
        for peer in ["lockstep", *taking_part]:
            reason = "" if peer == "lockstep" else missing(peer, files)
            if reason:
                absent[TITLES[peer]] = reason
                say(f"  {TITLES[peer]} is missing: {reason}")
                continue
            for contestant in contestants(peer, work, threads):
                try_out(contestant, work, files, folder, seconds, entries, absent)
        measure_in_turn([entry for entry in entries if entry.hopeful], rounds)
        for entry in entries:
            if entry.hopeful:
                compare_losses(entry, work)
    finally:
        for entry in entries:
            if entry.hopeful:
                entry.runner.close()
    return {
        "work": work.dictionary, "rounds": rounds, "missing": absent,
        "contestants": [entry.dictionary for entry in entries]}


def try_out(contestant, work, files, folder, seconds, entries, absent) -> None:
    """Adds an entry, unless the contestant fails."""
    runner = None
    try:
        runner = runners.start(contestant, work, files, folder)
        entry = Entry(runner)
        entry.try_out(seconds)
    except runners.Failure as failure:
        absent[contestant.label] = str(failure)
        say(f"  {contestant.label}: failed: {failure}")
        if runner:
            runner.close()
        return
    entries.append(entry)
    say(f"  {contestant.label}: {entry.trial_microseconds:.4g} us a step, "
        f"first epoch {entry.first_epoch_seconds:.2g} s")
    keep_hopeful(entries)


def measure_in_turn(entries: list, rounds: int) -> None:
    """One measurement of each in a round, nobody else running; each round begins with another one."""
    for number in range(rounds):
        say(f"  round {number + 1} of {rounds}")
        first = number % len(entries)
        for entry in entries[first:] + entries[:first]:
            entry.measurements.append({"round": number, **measure_undisturbed(entry.runner, entry.epochs)})


def compare_losses(entry: Entry, work: Work) -> None:
    """The losses after the same numbers of epochs; Lockstep's in several orders of rows, to know what is noise."""
    for epochs in work.curve:
        orders = 5 if entry.contestant.peer == "lockstep" else 1
        entry.losses.append({"epochs": epochs, "losses": [entry.runner.measure(epochs)["loss"] for _ in range(orders)]})


def compare_processes(work: Work, peers: list, rounds: int, files: Files, folder: Path) -> dict:
    """Measures whole processes: start, reading the samples, training, writing the parameters, end."""
    absent, entries = {}, []
    say(f"process: {work.title}, {PROCESS_EPOCHS} epochs, whole processes")
    for peer in ["lockstep", *(name for name in peers if contestants(name, work, [1]))]:
        reason = "" if peer == "lockstep" else missing(peer, files)
        if reason:
            absent[TITLES[peer]] = reason
            continue
        candidates = []
        for contestant in contestants(peer, work, [1]) if peer != "lockstep" else [Contestant("lockstep", "", "auto")]:
            entry = ProcessEntry(contestant, work, files, folder)
            try:
                entry.measure()
            except runners.Failure as failure:
                absent[contestant.label] = str(failure)
                continue
            say(f"  {contestant.label}: {entry.seconds[0]:.3g} s")
            candidates.append(entry)
        if candidates:
            entries.append(min(candidates, key=lambda entry: entry.seconds[0]))
    for entry in entries:
        entry.seconds = []
    for number in range(rounds):
        say(f"  round {number + 1} of {rounds}")
        for entry in entries:
            wait_for_quiet()
            entry.measure()
    return {
        "work": work.dictionary, "epochs": PROCESS_EPOCHS, "rounds": rounds, "missing": absent,
        "contestants": [entry.dictionary for entry in entries]}


class ProcessEntry:
    """A contestant whose whole process is measured."""

    def __init__(self, contestant: Contestant, work: Work, files: Files, folder: Path):
        self.contestant, self.folder = contestant, folder
        self.seconds = []
        if contestant.peer == "lockstep":
            self.command = [
                files.lockstep, "train", files.samples, "--hidden", ",".join(map(str, work.widths[1:-1])),
                "--batch-size", str(work.batch), "--epochs", str(PROCESS_EPOCHS), "--force",
                "--output", folder / "process.weights.h5"]
        else:
            self.command = contestant.process_command(work, files, PROCESS_EPOCHS, folder / "process.weights.h5")

    def measure(self) -> None:
        self.seconds.append(runners.process_seconds(self.command, self.contestant.environment, self.folder))

    @property
    def dictionary(self) -> dict:
        return {
            **asdict(self.contestant), "label": self.contestant.label, "seconds": self.seconds,
            "command": [str(argument) for argument in self.command]}
