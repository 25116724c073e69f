"""Writes rows with weights, or compares what the program made of them with NumPy's own steps and scikit-learn's definitions.

check_weights.py write | check EVALUATION
"""
import json
import sys

import h5py
import numpy

ROWS, BATCH, EPOCHS, RATE = 101, 16, 3, 0.05


def write():
    random = numpy.random.default_rng(5)
    x = random.normal(size=(ROWS, 3))
    y = x @ [1.0, -2.0, 0.5] + 0.2 * random.normal(size=ROWS)
    weight = random.uniform(0, 3, size=ROWS)
    weight[::10] = 0
    with h5py.File("data.h5", "w") as file:
        file["x"], file["y"], file["weight"] = x, y, weight
    for name, change in {
        "negative": lambda w: numpy.where(numpy.arange(ROWS) == 17, -1, w),
        "nan": lambda w: numpy.where(numpy.arange(ROWS) == 17, numpy.nan, w),
        "short": lambda w: w[:-1],
        "matrix": lambda w: w[:, None],
        "text": lambda w: numpy.array([b"heavy"] * ROWS),
    }.items():
        with h5py.File(f"{name}.h5", "w") as file:
            file["x"], file["y"], file["weight"] = x, y, change(weight)


def check(evaluation):
    with h5py.File("data.h5") as file:
        x, y, weight = file["x"][()], file["y"][()], file["weight"][()]
    kernel, bias, losses = numpy.zeros(3), 0.0, []
    for _ in range(EPOCHS):
        total = 0.0
        for start in range(0, ROWS, BATCH):
            rows = slice(start, min(start + BATCH, ROWS))
            error = x[rows] @ kernel + bias - y[rows]
            total += (weight[rows] * error**2).sum()
            slope = 2 * weight[rows] * error / len(error)
            kernel = kernel - RATE * slope @ x[rows]
            bias = bias - RATE * slope.sum()
        losses.append(total / ROWS)
    with h5py.File("a.weights.h5") as file:
        numpy.testing.assert_allclose(file["layers/dense/vars/0"][:, 0], kernel, rtol=1e-12)
        numpy.testing.assert_allclose(file["layers/dense/vars/1"][0], bias, rtol=1e-12)
        numpy.testing.assert_allclose(file["lockstep/history/loss"], losses, rtol=1e-12)
        configuration = json.loads(file["lockstep/configuration"][()])
    assert configuration["weighted"] is True
    error = x @ kernel + bias - y
    mean = numpy.average(y, weights=weight)
    expected = {
        "loss": (weight * error**2).mean(),
        "weight": weight.sum(),
        "rmse": numpy.sqrt(numpy.average(error**2, weights=weight)),
        "mae": numpy.average(abs(error), weights=weight),
        "r2": 1 - (weight * error**2).sum() / (weight * (y - mean) ** 2).sum(),
    }
    found = json.loads(evaluation)
    for name, value in expected.items():
        numpy.testing.assert_allclose(found[name], value, rtol=1e-12, err_msg=name)


if __name__ == "__main__":
    write() if sys.argv[1] == "write" else check(sys.argv[2])
