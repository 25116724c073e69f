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
    #: `contiguous`, `default` (chunks that `generate` chooses) or `blocks` (those of a shuffle's block).
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
        if self.layout == "default":
            return f"{GZIP} `lockstep generate`'s choice"
        return f"{GZIP} {block_rows(self.features)} rows, as many as a block of the shuffle has"


def block_rows(features: int) -> int:
    """The rows of a block of `BlockShape(rowBytes:)`."""
    rows = 1 << 18
    while rows > (64 << 20) // (4 * (features + 1)):
        rows //= 2
    return rows // 64


def make(folder: Path, rows: int) -> list:
    """All files, of `rows` rows of 2 features or a quarter of that of 64."""
    folder.mkdir(parents=True, exist_ok=True)
    found = []
    for features, count in ((2, rows), (64, max(1, rows // 4))):
        for layout in ("contiguous", "default", "blocks"):
            path = folder / f"{layout}-{features}-{count}.h5"
            found.append(Samples(features, count, layout, path))
            # What generates may have changed; contiguous files are made in no time.
            if not path.exists():
                generate(found[-1])
    return found


def generate(samples: Samples) -> None:
    print(f"run: making {samples.path.name}", file=sys.stderr, flush=True)
    layout = {"contiguous": [], "default": ["--compression", "gzip:4"],
              "blocks": ["--compression", "gzip:4", "--chunk-rows", str(block_rows(samples.features))]}
    subprocess.run(
        [LOCKSTEP, "generate", "linear", "--coefficients", ",".join(["3", "2"] * (samples.features // 2)),
         "--rows", str(samples.rows), *layout[samples.layout], "--output", samples.path, "--force", "--quiet"],
        check=True)
