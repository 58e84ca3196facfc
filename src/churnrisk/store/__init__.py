"""What keeps one run from disturbing another: locks and atomic files. No logic of the product."""

from churnrisk.store.files import atomic_folder, parquet_bytes, replaced_file, sha256_of, write_atomic
from churnrisk.store.locks import single_writer

__all__ = ["atomic_folder", "parquet_bytes", "replaced_file", "sha256_of", "single_writer", "write_atomic"]
