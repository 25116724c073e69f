"""Writes the inputs of conversions and what is expected of them: write_convertible.py. Prints a list of cases as JSON.

Each case: the words after `lockstep convert`, and the names of .npy files with the /x and /y that are expected.
"""

import csv
import json
import struct
from decimal import Decimal
from fractions import Fraction

import h5py
import numpy as np

random = np.random.default_rng(5)
cases = []


def expect(name, words, x, y):
    np.save(f"{name}.x.expected.npy", x)
    np.save(f"{name}.y.expected.npy", y)
    cases.append({"name": name, "words": words})


def nearest_single(text):
    """The float32 nearest to a decimal number, ties to even, by exact arithmetic."""
    exact = Fraction(text)
    guess = np.float32(float(text))
    candidates = {np.nextafter(guess, np.float32(-np.inf)), guess, np.nextafter(guess, np.float32(np.inf))}
    finite = [c for c in candidates if np.isfinite(c)]
    return min(finite, key=lambda c: (abs(Fraction(float(c)) - exact), struct.unpack("<I", struct.pack("<f", c))[0] & 1))


# Numbers that are hard to round: Python's float is the reference.
awkward = [
    "0.1", "1e23", "9007199254740993", "2.2250738585072011e-308", "5e-324", "1.7976931348623157e308", "-0.0",
    "123456789012345678901234567890", "0.500000000000000166533453693773481063544750213623046875",
    "62.5364939768271845828", "1.50000000000000011102230246251565", "1" + "0" * 300, "0." + "0" * 300 + "7",
]
for bits in random.integers(0, 2**63, 3000, dtype=np.uint64):
    value = struct.unpack("<d", struct.pack("<Q", int(bits)))[0]
    if np.isfinite(value):
        awkward.append(repr(value))
        # Exactly between two neighbours, and a little beside it.
        middle = (Fraction(value) + Fraction(float(np.nextafter(value, np.inf)))) / 2 if abs(value) < 1e300 else None
        if middle is not None and 1e-30 < abs(value) < 1e30:
            digits = Decimal(middle.numerator) / Decimal(middle.denominator)
            awkward += [str(digits), f"{digits:.25e}"]
for digits in random.integers(1, 20, 3000):
    whole = "".join(str(d) for d in random.integers(0, 10, digits))
    point = int(random.integers(0, digits + 1))
    awkward.append(f"{whole[:point]}.{whole[point:]}e{random.integers(-40, 40)}")
with open("awkward.csv", "w") as file:
    file.writelines(f"{text},{index}\n" for index, text in enumerate(awkward))
index = np.arange(len(awkward), dtype=np.float64)[:, None]
expect("awkward", ["awkward.csv", "--precision", "float64"], np.array([float(t) for t in awkward])[:, None], index)
singles = [t for t in awkward if abs(float(t)) < 3e38]
with open("singles.csv", "w") as file:
    file.writelines(f"{text},{index}\n" for index, text in enumerate(singles))
expect(
    "singles", ["singles.csv"], np.array([nearest_single(t) for t in singles], np.float32)[:, None],
    np.arange(len(singles), dtype=np.float32)[:, None])

# Whatever Python's writer of CSV makes of texts, in all its dialects.
texts = ["plain", "a,b", 'with "quotes"', "two\nlines", "two\r\nlines", "", " spaces ", "semi;colon", "tab\tbed", "ünïcödé"]
values = random.normal(size=(500, 3)).astype(np.float32)
kinds = [f"kind {i}" for i in random.integers(0, 12, 500)]
names = sorted(set(kinds), key=str.encode)
for name, options in {
    "excel": {}, "unix": {"dialect": "unix"}, "tabs": {"dialect": "excel-tab"},
    "semicolons": {"delimiter": ";", "quoting": csv.QUOTE_NONNUMERIC},
}.items():
    with open(f"{name}.csv", "w", newline="", encoding="utf-8-sig") as file:
        writer = csv.writer(file, **options)
        writer.writerow(["a", "note, free", "b", "kind", "c"])
        for row, kind in zip(values, kinds):
            writer.writerow([row[0], texts[random.integers(len(texts))], row[1], kind, row[2]])
    delimiter = ["--delimiter", "tab"] if name == "tabs" else []
    expect(
        name, [f"{name}.csv", "--targets", "kind", "--labels", "--features", "c,0,b", *delimiter], values[:, [2, 0, 1]],
        np.array([names.index(kind) for kind in kinds], np.int32))

# NumPy's arrays: versions, types, orders.
for version in ((1, 0), (2, 0), (3, 0)):
    for kind in ("<f8", ">f8", "<f4", ">f4", "<f2", ">f2", "<i8", ">i4", "<i2", "i1", "u1", ">u2", "<u4", "u8", "?"):
        dtype = np.dtype(kind)
        for order in "CF":
            x = (random.normal(size=(211, 5)) * 50).astype(dtype)
            if dtype.kind == "u":
                x = np.abs(x.astype(np.int64)).astype(dtype)
            x = np.asarray(x, order=order)
            name = f"{version[0]}{kind.strip('<>?') or 'bool'}{'be' if kind[0] == '>' else ''}{order}"
            with open(f"{name}.x.npy", "wb") as file:
                np.lib.format.write_array(file, x, version=version)
            np.save(f"{name}.y.npy", x[:, 0].astype(np.float64))
            wide = dtype.itemsize == 8 or (dtype.kind in "iu" and dtype.itemsize == 4)
            expect(
                name, [f"{name}.x.npy", f"{name}.y.npy"], x.astype(np.float64 if wide else np.float32),
                x[:, :1].astype(np.float64))
images = random.integers(0, 256, (40, 6, 7), dtype=np.uint8)
digits = random.integers(0, 10, 40)
for name, save in {"stored": np.savez, "deflated": np.savez_compressed}.items():
    save(f"{name}.npz", x_train=images, y_train=digits, x_test=images[:3], empty=np.zeros(0))
    expect(
        name, [f"{name}.npz", "--x", "x_train", "--y", "y_train"], images.reshape(40, 42).astype(np.float32), digits)

# HDF5, from anywhere.
x = random.normal(size=(3000, 4))
with h5py.File("foreign.h5", "w") as file:
    file.attrs["title"] = "measured"
    dataset = file.create_dataset("run/features", data=x.astype(">f8"), chunks=(100, 4), compression="gzip")
    dataset.attrs["units"] = "m"
    dataset.attrs["column_names"] = ["a", "b", "c", "d"]
    file["run/mass"] = x.sum(axis=1).astype(np.float32)
    file["classes"] = (x[:, 0] > 0).astype(np.uint8)
words = ["foreign.h5", "--x", "run/features", "--y"]
expect("repacked", [*words, "/run/mass"], x, x.sum(axis=1).astype(np.float32)[:, None])
expect(
    "smaller", [*words, "classes", "--precision", "float32", "--compression", "gzip:9"], x.astype(np.float32),
    (x[:, 0] > 0).astype(np.int32))
expect(
    "chunked", [*words, "run/mass", "--precision", "float64", "--chunk-rows", "17"], x,
    x.sum(axis=1).astype(np.float32).astype(np.float64)[:, None])
print(json.dumps(cases))
