"""Running contestants: a waiting process for each peer, and the program itself for Lockstep."""

import json
import os
import resource
import select
import subprocess
import time
from pathlib import Path

from contestants import Contestant, Files
from files import mean_squared_error, read_layers, read_samples
from works import Work

#: No answer in this time is taken for a failure.
PATIENCE = 400


class Failure(Exception):
    """A contestant did not start or broke down. The text says why."""


class Runner:
    """A contestant that is ready to be measured at one work."""

    def __init__(self, contestant: Contestant, work: Work, files: Files, folder: Path):
        self.contestant, self.work, self.files, self.folder = contestant, work, files, folder
        self.versions = {}
        self.log = folder / "last.log"

    def measure(self, epochs: int) -> dict:
        """Trains from the initial parameters; `seconds` of training, `steps`, `epochs` and the `loss` at the end."""
        raise NotImplementedError

    def cpu_seconds(self) -> float:
        """The CPU time that its processes have used so far."""
        raise NotImplementedError

    def close(self) -> None:
        pass

    def failure(self) -> Failure:
        lines = [line for line in self.log.read_text(errors="replace").splitlines() if line.strip()]
        return Failure(lines[-1] if lines else "it ended without a word")


class PeerRunner(Runner):
    """Talks with a peer's process, which blocks on its standard input between measurements."""

    def __init__(self, contestant, work, files, folder):
        super().__init__(contestant, work, files, folder)
        name = "".join(character if character.isalnum() else "-" for character in contestant.label)
        self.log = folder / f"{work.name}-{name}.log"
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                contestant.command(work, files), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log,
                env={**os.environ, **contestant.environment}, text=True)
        self.versions = self.answer()["versions"]

    def measure(self, epochs):
        try:
            self.process.stdin.write(f"{epochs}\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            raise self.failure() from None
        return self.answer()

    def answer(self) -> dict:
        if not select.select([self.process.stdout], [], [], PATIENCE)[0]:
            self.process.kill()
            raise Failure(f"no answer in {PATIENCE} s")
        line = self.process.stdout.readline()
        if not line:
            raise self.failure()
        return json.loads(line)

    def cpu_seconds(self):
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def close(self):
        self.process.stdin.close()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class LockstepRunner(Runner):
    """Runs the program for each measurement, and takes the time of training that it reports."""

    def __init__(self, contestant, work, files, folder):
        super().__init__(contestant, work, files, folder)
        self.log = folder / "lockstep.log"
        self.model = folder / "lockstep.weights.h5"
        self.seed = 0
        self.x, self.y = read_samples(files.samples)

    def command(self, epochs: int) -> list:
        work = self.work
        return [
            self.files.lockstep, "train", self.files.samples, "--hidden", ",".join(map(str, work.widths[1:-1])),
            "--activation", work.activation, "--optimizer", work.optimizer,
            "--learning-rate", str(work.learning_rate), "--batch-size", str(work.batch), "--epochs", str(epochs),
            "--checkpoint-every", str(epochs), "--threads", str(self.contestant.threads), "--seed", str(self.seed),
            "--initial", self.files.initial, "--output", self.model, "--force", "--json", "--quiet"]

    def measure(self, epochs):
        # Another seed is another order of rows. Whoever reads a pipe competes for a core: hence a file.
        self.seed += 1
        answer = self.folder / "lockstep.json"
        with open(answer, "wb") as output, open(self.log, "wb") as log:
            status = subprocess.run(self.command(epochs), stdout=output, stderr=log).returncode
        if status != 0:
            raise self.failure()
        summary = json.loads(answer.read_text())
        layers = read_layers(self.model, len(self.work.widths) - 1)
        return {
            "seconds": summary["training_seconds"], "steps": summary["steps"], "epochs": epochs,
            "threads": summary["threads"], "loss": mean_squared_error(layers, self.work, self.x, self.y)}

    def cpu_seconds(self):
        usage = resource.getrusage(resource.RUSAGE_CHILDREN)
        return usage.ru_utime + usage.ru_stime


def start(contestant: Contestant, work: Work, files: Files, folder: Path) -> Runner:
    return (LockstepRunner if contestant.peer == "lockstep" else PeerRunner)(contestant, work, files, folder)


def process_seconds(command: list, environment: dict, folder: Path) -> float:
    """How long a command takes from its start to its end."""
    log = folder / "process.log"
    with open(log, "wb") as output:
        began = time.perf_counter()
        status = subprocess.run(command, stdout=output, stderr=output, env={**os.environ, **environment}).returncode
        seconds = time.perf_counter() - began
    if status != 0:
        lines = log.read_text(errors="replace").split("\n")
        raise Failure(next((line for line in reversed(lines) if line.strip()), "it ended without a word"))
    return seconds
