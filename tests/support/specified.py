"""Which features have a spec: read from the test files, so that the answer does not depend on which tests ran."""

from __future__ import annotations

import ast
from pathlib import Path


def specified_features(folder: Path) -> set[str]:
    """The names given as `feature=` to `spec` in the test files of a folder."""
    names = set()
    for path in sorted(folder.glob("test_*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "spec":
                names |= {
                    keyword.value.value
                    for keyword in node.keywords
                    if keyword.arg == "feature" and isinstance(keyword.value, ast.Constant)
                }
    return names
