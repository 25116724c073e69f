"""The files that everybody gets: samples, and the parameters to start with."""

import subprocess
from pathlib import Path

import h5py
import numpy

from works import Work


def samples_file(work: Work, folder: Path, lockstep: Path) -> Path:
    """The samples of `work`: y = 3*x0 + 2*x1 for two features, else what a fixed random network answers."""
    if work.widths[0] == 2:
        path = folder / f"linear-{work.rows}.h5"
        if not path.exists():
            subprocess.run(
                [lockstep, "generate", "linear", "--rows", str(work.rows), "--coefficients", "3,2",
                 "--output", path, "--quiet"], check=True)
        return path
    path = folder / f"teacher-{work.widths[0]}-{work.widths[-1]}-{work.rows}.h5"
    if not path.exists():
        write_teacher(path, work.rows, work.widths[0], work.widths[-1])
    return path


def write_teacher(path: Path, rows: int, inputs: int, outputs: int) -> None:
    """Samples with normal features and the answers of a random network, each of unit variance."""
    random = numpy.random.default_rng(2026)
    x = random.standard_normal((rows, inputs), dtype=numpy.float32)
    hidden = numpy.tanh(x @ random.normal(0, inputs**-0.5, (inputs, 32)).astype(numpy.float32))
    y = hidden @ random.normal(0, 1, (32, outputs)).astype(numpy.float32)
    y = ((y - y.mean(0)) / y.std(0)).astype(numpy.float32)
    unfinished = path.with_suffix(".tmp")
    with h5py.File(unfinished, "w") as file:
        file["x"], file["y"] = x, y
    unfinished.rename(path)


def read_samples(path: Path) -> tuple:
    """Features (rows by inputs) and targets (rows by outputs)."""
    with h5py.File(path) as file:
        return file["x"][()], file["y"][()].reshape(len(file["x"]), -1)


def initial_file(work: Work, folder: Path) -> Path:
    """The parameters that everybody starts with: He's normal kernels and zero biases."""
    path = folder / f"initial-{'-'.join(map(str, work.widths))}.weights.h5"
    if not path.exists():
        # With this seed the loss of 2-10-1 hardly depends on the order of rows: one library can be told from another.
        random = numpy.random.default_rng(6)
        write_layers(path, [
            (random.normal(0, (2 / inputs) ** 0.5, (inputs, outputs)), numpy.zeros(outputs))
            for inputs, outputs in zip(work.widths, work.widths[1:])])
    return path


def layer_name(index: int) -> str:
    return "dense" if index == 0 else f"dense_{index}"


def write_layers(path: Path, layers) -> None:
    """Writes kernels (inputs by outputs) and biases where Lockstep and Keras look for them."""
    with h5py.File(path, "w") as file:
        for index, (kernel, bias) in enumerate(layers):
            variables = file.create_group(f"layers/{layer_name(index)}/vars")
            variables["0"] = numpy.asarray(kernel, numpy.float32)
            variables["1"] = numpy.asarray(bias, numpy.float32)


def read_layers(path: Path, count: int) -> list:
    with h5py.File(path) as file:
        return [
            tuple(file[f"layers/{layer_name(index)}/vars/{variable}"][()] for variable in "01")
            for index in range(count)]


def mean_squared_error(layers, work: Work, x: numpy.ndarray, y: numpy.ndarray) -> float:
    """The loss over all samples, by NumPy, so that it is the same function for everybody."""
    total = 0.0
    for start in range(0, len(x), 8192):
        rows = x[start:start + 8192]
        for index, (kernel, bias) in enumerate(layers):
            rows = rows @ kernel + bias
            if index + 1 < len(layers):
                rows = numpy.maximum(rows, 0) if work.activation == "relu" else 1 / (1 + numpy.exp(-rows))
        total += float(numpy.square((rows - y[start:start + 8192]).astype(numpy.float64)).sum())
    return total / y.size
