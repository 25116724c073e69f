"""From rows a second to a text with tables."""

from statistics import median

from programs import CONTESTANTS, NAIVE

COLUMNS = ("", "million rows a second: median (least to most)", "MB a second")
DATALOADERS = ("loader", "loader-64")
#: The layouts in chunks.
CHUNKED = ("blocks", "large")
#: A target: the layouts that it is for, ours, the others (the fastest of them counts), and the factor.
TARGETS = [
    ("Lockstep, 2 threads / the same stream by libhdf5", CHUNKED, "stream-2", ("library-stream",), 1.8),
    ("Lockstep, 2 threads / a DataLoader of the same blocks", CHUNKED, "stream-2", ("loader-same",), 3),
    ("Lockstep, 2 threads / libhdf5 in order", CHUNKED, "stream-2", ("library-blocks",), 1.8),
    ("Lockstep, 2 threads / the better DataLoader of whole chunks", CHUNKED, "stream-2", DATALOADERS, 3),
    ("Blocks as large as chunks / libhdf5 in order", ("large",), "chunk-stream-2", ("library-blocks",), 1.8),
    ("Blocks as large as chunks / the better DataLoader of whole chunks", ("large",), "chunk-stream-2", DATALOADERS, 3),
    ("Lockstep's readers in order / h5py's slices in order", ("contiguous",), "blocks-2", ("h5py-slices",), 3),
    ("Lockstep's readers in order / h5py's read_direct in order", ("contiguous",), "blocks-2", ("h5py-in-place",), 3),
    ("Lockstep's readers in order / libhdf5 in order", CHUNKED, "blocks-2", ("library-blocks",), 1.8),
    ("Lockstep, 2 threads / h5py's slices in order", ("contiguous",), "stream-2", ("h5py-slices",), None),
    ("Lockstep, 2 threads / h5py and NumPy, mixed", ("contiguous", *CHUNKED), "stream-2", ("h5py-mixed",), None),
    ("Lockstep, 2 threads / the better DataLoader", ("contiguous",), "stream-2", DATALOADERS, None),
    ("Lockstep, 2 threads / cat", ("contiguous",), "stream-2", ("cat",), None),
]


def spread(values: list, digits: int = 2) -> str:
    least, most = min(values), max(values)
    return f"{median(values):,.{digits}f} ({least:,.{digits}f} to {most:,.{digits}f})"


def table(header: tuple, rows: list) -> list:
    """Columns beside each other: the first to the left, the others to the right."""
    widths = [max(len(line[column]) for line in [header, *rows]) for column in range(len(header))]
    def line(cells):
        return "  ".join([cells[0].ljust(widths[0])] + [
            cell.rjust(width) for cell, width in zip(cells[1:], widths[1:])]).rstrip()
    return [line(header), "  ".join("-" * width for width in widths), *map(line, rows)]


def megabytes(rate: float, result: dict) -> str:
    """Of numbers, as they are in memory."""
    return f"{rate * 4 * (result['features'] + 1) / 1e6:,.0f}"


def rates(result: dict) -> list:
    rows = []
    for contestant in CONTESTANTS:
        if values := result["rates"].get(contestant.mode):
            rows.append((contestant.title, spread([value / 1e6 for value in values]), megabytes(median(values), result)))
    if naive := result["naive"]:
        rows.append((NAIVE.title, f"{naive / 1e6:.4f}", megabytes(naive, result)))
    return table(COLUMNS, rows)


def ratios(result: dict) -> list:
    """Each target's ratio, from the median of the rounds' ratios."""
    rows = []
    for name, layouts, own, others, factor in TARGETS:
        if result["layout"] not in layouts:
            continue
        best = max(others, key=lambda mode: median(result["rates"][mode]))
        values = [ours / other for ours, other in zip(result["rates"][own], result["rates"][best])]
        verdict = "" if factor is None else "met" if median(values) >= factor else "NOT MET"
        rows.append((name, spread(values), "" if factor is None else f"{factor}", verdict))
    return table(("", "ratio: median (least to most)", "target", ""), rows)


def training(found: dict) -> list:
    rows = [
        (name + ("" if way["streamed"] else " (all in memory)" if "streamed" in name else ""),
         spread([value / 1e6 for value in way["rows_a_second"]], 1), spread(way["training_seconds"], 3),
         f"{way['peak_kilobytes'] / 1024:,.0f}")
        for name, way in found["ways"].items()]
    return table(("", "million rows a second", "seconds of training", "peak MiB"), rows)


def document(raw: dict) -> str:
    machine = raw["machine"]
    versions = ", ".join(f"{name} {version}" for name, version in sorted(raw["versions"].items()))
    text = [
        "Rows that reach minibatches of 1024", "",
        f"{machine['cpu']}, {machine['cpus']} CPUs{' of a virtual machine' if machine['virtual'] else ''}, "
        f"{machine['system']}, sources {machine['commit']}, {raw['date']}",
        f"{versions}; load before: {raw['load_before']}",
        f"{raw['command']}: {raw['rounds']} rounds, measurements of {raw['seconds']} s or more, from the system's cache", ""]
    for result in raw["results"]:
        text += [result["file"], "", *rates(result), "", *ratios(result), ""]
    found = raw["training"]
    return "\n".join(text + [
        f"Training 2-10-1 by Adam on the files with 2 features, {found['epochs']} epochs, --shuffle blocks, 2 threads; "
        f"all came to the parameters {found['digest']}", "", *training(found)]) + "\n"
