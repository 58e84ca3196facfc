"""Publishing: a list is there whole or not at all, and the last good one stays until then.

Each list is a folder of its own, named after its as_of and run key. `published.json` says which folder is the list of
an as_of; replacing that small file is the one atomic switch.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

from churnrisk.errors import CorruptError, NothingToDoError
from churnrisk.store import atomic_folder, sha256_of, write_atomic

_PUBLISHED = "published.json"
_SUMS = "sha256.json"


@dataclass(frozen=True)
class Published:
    """A list that people may see.

    Attributes:
        as_of: ISO day.
        folder: where its files are.
        is_new: whether this call published it; False where the same was there already.
    """

    as_of: str
    folder: Path
    is_new: bool


def find(lists: Path, as_of: str, run_key: str) -> Published | None:
    """The published list of that as_of if it has that run key."""
    folder = _index(lists).get(as_of)
    if folder == f"{as_of}-{run_key}" and _is_whole(lists / folder):
        return Published(as_of, lists / folder, is_new=False)
    return None


def publish(lists: Path, as_of: str, run_key: str, files: dict[str, bytes]) -> Published:
    """Write the files, then switch; the caller holds `single_writer`."""
    folder = f"{as_of}-{run_key}"
    if not _is_whole(lists / folder):
        shutil.rmtree(lists / folder, ignore_errors=True)  # only a damaged one can be in the way
        with atomic_folder(lists / folder) as staging:
            for name, content in files.items():
                (staging / name).write_bytes(content)
            sums = {name: sha256_of(staging / name) for name in files}
            (staging / _SUMS).write_text(json.dumps(sums, indent=1), encoding="utf-8")
    index = {**_index(lists), as_of: folder}
    write_atomic(lists / _PUBLISHED, json.dumps(dict(sorted(index.items())), indent=1))
    return Published(as_of, lists / folder, is_new=True)


def latest(lists: Path, as_of: str = "") -> Published:
    """The published list of that as_of, or the newest; raises NothingToDoError where there is none."""
    index = _index(lists)
    wanted = as_of or max(index, default="")
    if wanted not in index:
        what = f"for {as_of}" if as_of else "yet"
        raise NothingToDoError(f"No list has been published {what}", "Run `churnrisk score` first")
    if not _is_whole(lists / index[wanted]):
        raise CorruptError(
            f"The list in {lists / index[wanted]} is missing or damaged: it does not match its checksums",
            f"Run `churnrisk score --as-of {wanted}` again",
        )
    return Published(wanted, lists / index[wanted], is_new=False)


def _is_whole(folder: Path) -> bool:
    """Whether every file of a list is what it was when it was published."""
    try:
        sums = json.loads((folder / _SUMS).read_text(encoding="utf-8"))
        return all(sha256_of(folder / name) == sum_ for name, sum_ in sums.items())
    except (OSError, ValueError, AttributeError):
        return False


def _index(lists: Path) -> dict[str, str]:
    path = lists / _PUBLISHED
    if not path.is_file():
        return {}
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return {str(as_of): Path(str(folder)).name for as_of, folder in content.items()}
    except (ValueError, AttributeError) as error:
        raise CorruptError(f"{path} is damaged", "Remove it and run `churnrisk score` again") from error
