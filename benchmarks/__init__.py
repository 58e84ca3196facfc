"""Benchmarks: `python -m benchmarks.NAME --json FILE --scale X`; docs/benchmarks.md tells what each measures."""
