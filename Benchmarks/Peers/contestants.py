"""Who takes part: each peer with the settings in which it may be at its best."""

import ctypes.util
import importlib.util
import json
import sys
from dataclasses import dataclass, field
from pathlib import Path

from works import Work

HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Files:
    """What a contestant works with."""

    samples: Path
    initial: Path
    lockstep: Path
    fann: Path


@dataclass(frozen=True)
class Contestant:
    """A peer, or Lockstep, with one choice of settings for one work."""

    peer: str
    variant: str
    #: A number, or Lockstep's `auto`.
    threads: object
    settings: dict = field(default_factory=dict)
    environment: dict = field(default_factory=dict)

    @property
    def label(self) -> str:
        return f"{TITLES[self.peer]} {settings_text(self.variant, self.threads)}"

    def command(self, work: Work, files: Files) -> list:
        """What starts the process that measures."""
        if self.peer == "fann":
            return [files.fann, files.samples, files.initial, str(work.learning_rate), self.settings["sigmoid"]]
        return [sys.executable, HERE / f"{self.peer}_peer.py", json.dumps(self.request(work, files))]

    def process_command(self, work: Work, files: Files, epochs: int, output: Path) -> list:
        """What does the whole work in one process and writes the parameters to `output`."""
        request = {**self.request(work, files), "process_epochs": epochs, "output": str(output)}
        return [sys.executable, HERE / f"{self.peer}_peer.py", json.dumps(request)]

    def request(self, work: Work, files: Files) -> dict:
        return {
            "work": work.dictionary, "samples": str(files.samples), "initial": str(files.initial),
            "settings": self.settings}


def settings_text(variant: str, threads) -> str:
    """For people: such as `compiled, 2 threads`."""
    count = f"{threads} thread{'' if threads == 1 else 's'}" if isinstance(threads, int) else f"--threads {threads}"
    return f"{variant}, {count}" if variant else count


TITLES = {
    "lockstep": "Lockstep", "pytorch": "PyTorch", "jax": "JAX", "scikit_learn": "scikit-learn", "keras": "Keras",
    "mlx": "MLX", "fann": "FANN"}
PEERS = [name for name in TITLES if name != "lockstep"]


def missing(peer: str, files: Files) -> str:
    """Why a peer cannot take part, or nothing."""
    if peer == "fann":
        return "" if files.fann.exists() else "libfann was not found (Debian and Ubuntu: libfann-dev)"
    module = {"pytorch": "torch", "scikit_learn": "sklearn"}.get(peer, peer)
    return "" if importlib.util.find_spec(module) else f"the Python package {module} could not be installed"


def contestants(peer: str, work: Work, threads: list) -> list:
    """All choices of settings of a peer for a work, with each number of threads; none if it is not its kind of work."""
    return VARIANTS[peer](work, threads)


def lockstep(work: Work, threads: list) -> list:
    return [Contestant("lockstep", "", number) for number in [*threads, "auto"]]


def pytorch(work: Work, threads: list) -> list:
    vectors = {"ATEN_CPU_CAPABILITY": "avx512"} if "avx512f" in cpu_flags() else {}
    if is_tiny(work):
        # A call for each step would be most of the time. Loops of Inductor's own are far too short for threads.
        variants = [("compiled, 16 steps a call", {"compiled": True, "unroll": 16, "products": "matrix"}, threads),
                    ("compiled, 32 steps a call, fused", {"compiled": True, "unroll": 32, "products": "sums"}, [1])]
    else:
        variants = [("compiled", {"compiled": True, "unroll": 1, "products": "matrix"}, threads)]
    return [Contestant("pytorch", name, number, {**settings, "threads": number}, vectors)
            for name, settings, numbers in [("eager", {"compiled": False}, threads), *variants] for number in numbers]


def jax(work: Work, threads: list) -> list:
    variants = [("", "rows", "arrays"), ("flat", "rows", "flat")]
    if is_tiny(work):
        variants = [("", "rows", "arrays"), ("samples in columns", "columns", "arrays"),
                    ("samples in columns, flat", "columns", "flat")]
    return [Contestant("jax", name, number, {"layout": layout, "state": state}, xla(number))
            for name, layout, state in variants for number in threads]


def scikit_learn(work: Work, threads: list) -> list:
    return [Contestant("scikit_learn", "", number, {"threads": number}) for number in threads]


def keras(work: Work, threads: list) -> list:
    if work.batch == 1:
        # Minutes of waiting for what takes the others seconds.
        return []
    epoch = work.steps_an_epoch
    # JAX queues the steps of an execution; TensorFlow makes a loop of them; PyTorch has one step an execution, which
    # keeps a tiny network waiting whatever the threads.
    backends = [
        ("on JAX", "jax", {"steps": epoch, "jit": True}, threads),
        ("on TensorFlow", "tensorflow", {"steps": epoch, "jit": False}, threads),
        ("on TensorFlow with XLA", "tensorflow", {"steps": epoch, "jit": True}, threads),
        ("on PyTorch, compiled", "torch", {"steps": 1, "jit": True}, [1] if is_tiny(work) else threads[-1:])]
    return [
        Contestant("keras", name, number, {**settings, "threads": number},
                   {"KERAS_BACKEND": backend, "TF_CPP_MIN_LOG_LEVEL": "3", **(xla(number) if backend == "jax" else {})})
        for name, backend, settings, numbers in backends if importlib.util.find_spec(backend) for number in numbers]


def mlx(work: Work, threads: list) -> list:
    # The wheel brings the reference BLAS, which is slow. OpenBLAS takes its place if the system has it.
    library = ctypes.util.find_library("openblas")
    preload = {"LD_PRELOAD": library} if library else {}
    return [
        Contestant("mlx", "with OpenBLAS" if library else "with its own BLAS", number,
                   {"queue": 100, "threads": number}, {**preload, "OPENBLAS_NUM_THREADS": str(number)})
        for number in threads]


def fann(work: Work, threads: list) -> list:
    if work.batch != 1:
        # It sums gradients over all samples or none, and has no Adam.
        return []
    return [Contestant("fann", f"with {name} sigmoids", 1, {"sigmoid": option})
            for name, option in [("exact", "sigmoid"), ("stepwise", "stepwise")]]


VARIANTS = {
    "lockstep": lockstep, "pytorch": pytorch, "jax": jax, "scikit_learn": scikit_learn, "keras": keras, "mlx": mlx,
    "fann": fann}


def is_tiny(work: Work) -> bool:
    return max(work.widths) < 64


def xla(threads: int) -> dict:
    # XLA has no option for this; it takes what it reads here for the number of CPUs.
    return {"NPROC": str(threads)}


def cpu_flags() -> set:
    try:
        with open("/proc/cpuinfo") as file:
            return next(set(line.split()) for line in file if line.startswith("flags"))
    except (OSError, StopIteration):
        return set()
