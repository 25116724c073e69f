"""Writes samples whose numbers are in several files: virtual, external, linked, and such that miss something."""
import os

import h5py
import numpy

ROWS = 5000
random = numpy.random.default_rng(0)
x = random.random((ROWS, 3), dtype="f4")
y = (x @ numpy.array([1, 2, -1], "f4")).reshape(-1, 1)
cuts = [0, 1000, 1700, 4096, ROWS]
storage = [
    {},
    dict(chunks=(64, 3), compression="gzip", shuffle=True),
    dict(chunks=(100, 2)),
    dict(chunks=(512, 3), fletcher32=True),
]

os.mkdir("parts")
with h5py.File("whole.h5", "w") as f:
    f["x"], f["y"] = x, y
    f["deep/er/x"], f["deep/y"] = x, y
for number, (first, end) in enumerate(zip(cuts, cuts[1:])):
    with h5py.File(f"parts/{number}.h5", "w") as f:
        f.create_dataset("g/x", data=x[first:end], **storage[number])
        f["y"] = y[first:end]


def virtual(name, sources, shape=(ROWS, 3), dataset="x"):
    """Adds a virtual dataset of whole rows: (first row, file, dataset, shape)."""
    layout = h5py.VirtualLayout(shape, "f4")
    for first, file, source, source_shape in sources:
        rows = source_shape[0] if len(source_shape) == len(shape) else 1
        layout[first : first + rows] = h5py.VirtualSource(file, source, source_shape)
    with h5py.File(name, "a") as f:
        f.create_virtual_dataset(dataset, layout)
        if dataset == "x":
            f["y"] = y[: shape[0]]


parts = [(a, f"parts/{n}.h5", "g/x", (b - a, 3)) for n, (a, b) in enumerate(zip(cuts, cuts[1:]))]
virtual("virtual.h5", parts)
with h5py.File("virtual.h5", "a") as f:
    del f["y"]
targets = [(a, f"parts/{n}.h5", "y", (b - a, 1)) for n, (a, b) in enumerate(zip(cuts, cuts[1:]))]
virtual("virtual.h5", targets, (ROWS, 1), "y")
virtual("gap.h5", parts[:1] + parts[2:])
virtual("missing.h5", [(0, "nowhere.h5", "x", (ROWS, 3))])
virtual("no-dataset.h5", [(0, "whole.h5", "xx", (ROWS, 3))])
virtual("short.h5", [(0, "parts/0.h5", "g/x", (ROWS, 3))])
virtual("circle.h5", [(0, ".", "x", (ROWS, 3))])
virtual("two-levels.h5", [(0, "virtual.h5", "x", (ROWS, 3))])
with h5py.File("stack.h5", "w") as f:
    for row in range(4):
        f[f"row{row}"] = x[row]
virtual("stack.h5", [(row, ".", f"row{row}", (3,)) for row in range(4)], (4, 3))

with h5py.File("columns.h5", "w") as f:
    layout = h5py.VirtualLayout((ROWS, 3), "f4")
    source = h5py.VirtualSource("whole.h5", "x", (ROWS, 3))
    layout[:, 0:1], layout[:, 1:3] = source[:, 0:1], source[:, 1:3]
    f.create_virtual_dataset("x", layout)
    f["y"] = y

with h5py.File("unlimited.h5", "w") as f:
    endless = h5py.h5s.UNLIMITED
    space = h5py.h5s.create_simple((ROWS, 3), (endless, 3))
    space.select_hyperslab((0, 0), (endless, 1), (1, 1), (1, 3))
    properties = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    properties.set_layout(h5py.h5d.VIRTUAL)
    properties.set_virtual(space, b"whole.h5", b"x", space)
    h5py.h5d.create(f.id, b"x", h5py.h5t.IEEE_F32LE, space, properties)
    f["y"] = y

with h5py.File("linked.h5", "w") as f:
    f["x"] = h5py.ExternalLink("virtual.h5", "/x")
    f["y"] = h5py.ExternalLink("whole.h5", "y")
    f["all"] = h5py.ExternalLink("whole.h5", "/deep")
    f["nowhere"] = h5py.ExternalLink("nowhere.h5", "/x")
    f["circle"] = h5py.ExternalLink("linked.h5", "/circle")

x.tofile("x.raw")
y[:2000].tofile("y0.raw")
with open("y1.raw", "wb") as f:
    f.write(b"abcd" + y[2000:].tobytes())
with h5py.File("external.h5", "w") as f:
    f.create_dataset("x", x.shape, "f4", external=[("x.raw", 0, x.nbytes)])
    f.create_dataset("y", y.shape, "f4", external=[("y0.raw", 0, 8000), ("y1.raw", 4, 12000)])
with h5py.File("cut.h5", "w") as f:
    f.create_dataset("x", x.shape, "f4", external=[("y0.raw", 0, x.nbytes)])
    f["y"] = y
