"""Writes files that something is wrong with, each in one way, and some that are only unusual."""
import h5py
import numpy

ROWS = 20000
random = numpy.random.default_rng(0)
x = random.random((ROWS, 3), dtype="f4")
y = x @ numpy.array([1, 2, -1], "f4")


def write(name, features, targets=y):
    """Writes arrays, or arguments of create_dataset."""
    with h5py.File(f"{name}.h5", "w") as f:
        for path, data in (("x", features), ("y", targets)):
            f.create_dataset(path, **(data if isinstance(data, dict) else dict(data=data)))


billions = 3_000_000_000
write("never", dict(shape=(billions, 3), dtype="f4"), dict(shape=(billions,), dtype="f4"))
write(
    "never-chunked",
    dict(shape=(billions, 3), dtype="f4", chunks=(1000, 3)),
    dict(shape=(billions,), dtype="f4", chunks=(1000,)),
)
write("wide", dict(shape=(2, 2**40), dtype="f4", chunks=(1, 1000)), y[:2])
write("overflowing", dict(shape=(0, 2**62, 2**62), dtype="f4", chunks=(1, 1, 1), maxshape=(None, None, None)))
write("partly", dict(shape=(ROWS, 3), dtype="f4", chunks=(1000, 3)))
with h5py.File("partly.h5", "a") as f:
    f["x"][:5000] = x[:5000]

write("lzf", dict(data=x, compression="lzf"))
write("scale-offset", dict(data=x, scaleoffset=3, chunks=True))
for number in (32001, 32004, 32008, 32013, 32015, 32026, 32099):
    write(f"filter{number}", x)
    with h5py.File(f"filter{number}.h5", "a") as f:
        del f["x"]
        properties = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
        properties.set_chunk((1000, 3))
        properties.set_filter(number, h5py.h5z.FLAG_OPTIONAL, ())
        h5py.h5d.create(f.id, b"x", h5py.h5t.IEEE_F32LE, h5py.h5s.create_simple(x.shape), properties)

write("compound", numpy.zeros((10, 3), [("a", "f4"), ("b", "i4")]), y[:10])
write("complex", x.astype("c8"))
write("boolean-x", x > 0.5)
write("boolean-y", x, y > 0.5)
write("text", numpy.array([["a", "b"]] * 10, "S3"), y[:10])
write("texts", dict(data=[["a", "b"]] * 10, dtype=h5py.string_dtype()), y[:10])
write("scalars", 1.0, 2.0)
write("null", h5py.Empty("f4"))
write("large-class", x, numpy.full(ROWS, 2**63, "u8"))

write("checksum", dict(data=x, chunks=(1000, 3), fletcher32=True))
with h5py.File("checksum.h5") as f:
    chunk = f["x"].id.get_chunk_info_by_coord((5000, 0))
with open("checksum.h5", "r+b") as f:
    f.seek(chunk.byte_offset + 100)
    byte = f.read(1)
    f.seek(chunk.byte_offset + 100)
    f.write(bytes([byte[0] ^ 1]))

write("good", x)
write("big-endian", x.astype(">f4"), y.astype(">f4"))
write("half", x.astype("f2"))
write("half-as-float", x.astype("f2").astype("f4"))
