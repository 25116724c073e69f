"""Checks files of all generators with formulas of its own: check_generators.py CASES, a JSON list."""

import json
import sys

import h5py
import numpy as np


def text(value):
    return value.decode() if isinstance(value, bytes) else value


def check_noise(residual, deviation):
    """Whether numbers are normal with mean 0 and this deviation, within five standard errors."""
    residual = np.ravel(residual)
    assert abs(residual.mean()) < 5 * deviation / np.sqrt(residual.size), residual.mean()
    assert abs(residual.std() / deviation - 1) < 5 / np.sqrt(2 * residual.size), residual.std()
    assert abs((np.abs(residual) < deviation).mean() - 0.6827) < 0.02


def friedman1(file, x, y):
    assert x.shape[1] == file.attrs["features"] and x.min() >= 0 and x.max() < 1
    expected = 10 * np.sin(np.pi * x[:, 0] * x[:, 1]) + 20 * (x[:, 2] - 0.5) ** 2 + 10 * x[:, 3] + 5 * x[:, 4]
    return y[:, 0] - expected


def sine(file, x, y):
    a = file.attrs
    return y - a["amplitude"] * np.sin(a["frequency"] * x + a["phase"])


def polynomial(file, x, y):
    return y - np.polynomial.polynomial.polyval(x, file.attrs["coefficients"])


def teacher(file, x, y):
    layers = len(file.attrs["hidden"])
    values = x
    for layer in range(layers + 1):
        values = values @ file[f"weights_{layer}"][:]
        if layer < layers:
            values = np.tanh(values)
    check_noise(x, 1)
    return y - values


def blobs(file, x, y):
    centers = file["centers"][:]
    low, high = file.attrs["center_range"]
    assert centers.shape == (file.attrs["classes"], x.shape[1])
    assert centers.min() >= low and centers.max() < high
    check_noise(x - centers[y], file.attrs["spread"])


def moons(file, x, y):
    center = np.where(y[:, None] == 1, [1, 0.5], [0, 0])
    radius = np.hypot(*(x - center).T)
    # Across the curve, which is nearly straight for noise so small.
    check_noise(radius - 1, file.attrs["noise"])
    side = np.where(y == 1, -1, 1) * (x - center)[:, 1]
    assert side.min() > -6 * file.attrs["noise"]


def spirals(file, x, y):
    radius = np.hypot(*x.T)
    angle = 2 * np.pi * (file.attrs["turns"] * radius + y / file.attrs["classes"])
    expected = radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    # Noise shifts the radius as well, and with it the angle.
    assert np.median(np.hypot(*(x - expected).T)) < 10 * file.attrs["noise"]
    assert radius.max() < 1 + 6 * file.attrs["noise"]


def check(name, path, rows):
    with h5py.File(path) as file:
        x, y = file["x"], file["y"]
        for key in ("schema", "title", "source", "formula"):
            assert text(file.attrs[key]), key
        assert text(file.attrs["generator"]) == name and file.attrs["schema_version"] == 1
        assert file.attrs["seed"] == 7
        assert text(file.attrs["source"]).startswith(f"lockstep generate {name} --rows {rows} ")
        assert len(x.attrs["column_names"]) == x.shape[1] and x.dtype == np.float32
        if name in ("blobs", "moons", "spirals"):
            classes = file.attrs["classes"]
            assert y.dtype == np.int32 and y.shape == (rows,), (y.dtype, y.shape)
            counts = np.bincount(y[:], minlength=classes)
            assert len(counts) == classes and counts.max() - counts.min() <= 1, counts
            assert text(y.attrs["long_name"]) == "class"
        else:
            assert y.dtype == np.float32 and len(y.attrs["column_names"]) == y.shape[1]
        numbers = y[:] if y.dtype == np.int32 else y[:].astype(np.float64)
        residual = globals()[name](file, x[:].astype(np.float64), numbers)
        if residual is not None:
            check_noise(residual, file.attrs["noise"])


for case in json.loads(sys.argv[1]):
    check(case["name"], case["file"], case["rows"])
