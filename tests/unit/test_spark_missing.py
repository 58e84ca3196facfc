"""Where Spark or Java is not installed, the sentence says what to install."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

_START = "from churnrisk.history.spark import SparkEngine; SparkEngine()"
_WITHOUT = "import sys; sys.modules['pyspark'] = None; sys.modules['pyspark.sql'] = None; "


def told(code: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 1
    return done.stderr.strip().splitlines()[-1]


def test_without_spark_the_extra_is_named():
    assert told(_WITHOUT + _START) == (
        'churnrisk.errors.SettingsError: Spark is not installed. Run: pip install "churnrisk[spark]".'
    )


@pytest.mark.parametrize("java", ["none", "old"])
def test_without_java_17_the_package_is_named(tmp_path: Path, java: str):
    pytest.importorskip("pyspark", reason="Spark is not installed: make spark")
    if java == "old":
        (tmp_path / "bin").mkdir()
        program = tmp_path / "bin" / "java"
        program.write_text("#!/bin/sh\necho 'openjdk version \"11.0.2\" 2019-01-15' >&2\n")
        program.chmod(0o755)
    said = told(_START, JAVA_HOME=str(tmp_path))
    assert said.startswith("churnrisk.errors.SettingsError: Spark needs Java 17, and ")
    assert ("another version" in said) == (java == "old")
    assert "openjdk-17-jre-headless" in said
