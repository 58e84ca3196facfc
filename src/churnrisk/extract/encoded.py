"""Text files in another encoding: the same text in UTF-8, which is what DuckDB reads."""

from __future__ import annotations

import codecs
from pathlib import Path

from churnrisk.errors import InputError
from churnrisk.extract.dialect import opened

#: A file is put into UTF-8 in blocks of this many bytes.
_BLOCK = 4 << 20


def in_utf8(label: str, file: Path, encoding: str, folder: Path) -> Path:
    """The same text in UTF-8, in a file of our own; block by block, so that its size does not matter.

    Bytes that are nothing in the encoding stay what they are, and are no UTF-8: their lines will be unreadable.
    """
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{file.name}.utf8"
    decoder = codecs.getincrementaldecoder(encoding)(errors="surrogateescape")
    try:
        with opened(file) as raw, target.open("wb") as text:
            while block := raw.read(_BLOCK):
                text.write(decoder.decode(block).encode("utf-8", errors="surrogateescape"))
            text.write(decoder.decode(b"", final=True).encode("utf-8", errors="surrogateescape"))
    except UnicodeError as error:
        raise InputError(
            f"{file} is not in the encoding {encoding}",
            f"Correct `encoding` of [sources.{label}] in churnrisk.toml, or leave it out to be told what it looks like",
            file=str(file),
            encoding=encoding,
        ) from error
    return target
