"""The files that everybody reads: made once, by `lockstep generate`, and kept."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LOCKSTEP = ROOT / ".build/release/lockstep"
GZIP = "gzip level 4, shuffle and fletcher32 in chunks of"


@dataclass(frozen=True)
class Samples:
    """A file of float32 samples."""

    features: int
    rows: int
    #: `contiguous`, `blocks` (chunks of what a window has of a block, as `generate` chooses) or `large` (16 times that).
    layout: str
    path: Path

    @property
    def name(self) -> str:
        return f"{self.features} features, {self.layout}"

    @property
    def title(self) -> str:
        return f"{self.features} features, {self.rows:,} rows, {self.layout_text}"

    @property
    def layout_text(self) -> str:
        if self.layout == "contiguous":
            return "contiguous"
        size = "what a window has of a block" if self.layout == "blocks" else "16 times that, as others may write them"
        return f"{GZIP} {self.chunk_rows:,} rows: {size}"

    @property
    def chunk_rows(self) -> int:
        return part_rows(self.features) * (16 if self.layout == "large" else 1)


def window_rows(features: int) -> int:
    """The rows of a window of `BlockShape(rowBytes:count:)`."""
    rows = 1 << 18
    while rows > (64 << 20) // (4 * (features + 1)):
        rows //= 2
    return rows


def part_rows(features: int) -> int:
    """The rows that it has of a block."""
    return window_rows(features) // 64


def block_rows(features: int, count: int) -> int:
    """The rows of a block."""
    rows, parts = window_rows(features), 1
    while parts < 8 and 2 * parts * rows <= min(count, (32 << 20) // (4 * (features + 1))):
        parts *= 2
    return parts * rows // 64


def make(folder: Path, rows: int) -> list:
    """All files, of `rows` rows of 2 features or half of that of 64."""
    folder.mkdir(parents=True, exist_ok=True)
    found = []
    for features, count in ((2, rows), (64, max(1, rows // 2))):
        for layout in ("contiguous", "blocks", "large"):
            path = folder / f"{layout}-{features}-{count}.h5"
            found.append(Samples(features, count, layout, path))
            if not path.exists():
                generate(found[-1])
    return found


def generate(samples: Samples) -> None:
    print(f"run: making {samples.path.name}", file=sys.stderr, flush=True)
    chunks = ["--compression", "gzip:4", "--chunk-rows", str(samples.chunk_rows)]
    subprocess.run(
        [LOCKSTEP, "generate", "linear", "--coefficients", ",".join(["3", "2"] * (samples.features // 2)),
         "--rows", str(samples.rows), *([] if samples.layout == "contiguous" else chunks), "--output", samples.path, "--force", "--quiet"],
        check=True)
