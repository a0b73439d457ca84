"""What the tests share: the program under test, and the made-up kernel of `hunktrace demo`."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from demo_kernel import Demo
from pyspark.sql import SparkSession

import hunktrace
from hunktrace.program import run_program

# Spark forks to start its Java, which gRPC's own support for forks, once gRPC is in use, brings down.
os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "false")
# Java that runs for seconds starts sooner without its thorough compiler and its collector of many threads.
os.environ["SPARK_SUBMIT_OPTS"] = os.environ["SPARK_DAEMON_JAVA_OPTS"] = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"

REPOSITORY = Path(__file__).parents[3]

# Spark's workers run the Python of the tests, which has the package, and not the one that is first on the path.
for variable in ("PYSPARK_PYTHON", "PYSPARK_DRIVER_PYTHON"):
    os.environ[variable] = sys.executable


def built_program() -> Path:
    """`HUNKTRACE`, or what cargo has built last."""
    if named := os.environ.get("HUNKTRACE"):
        return Path(named)
    target = Path(os.environ.get("CARGO_TARGET_DIR", REPOSITORY / "target"))
    built = [file for file in (target / profile / "hunktrace" for profile in ("debug", "release")) if file.is_file()]
    if not built:
        pytest.exit("no hunktrace program is built; run 'cargo build --workspace', or set HUNKTRACE to one", 2)
    return max(built, key=lambda file: file.stat().st_mtime)


@pytest.fixture(scope="session", autouse=True)
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program under test, which the package finds by itself."""
    found = built_program()
    for variable in ("HUNKTRACE_INDEX", "HUNKTRACE_SERVER"):
        os.environ.pop(variable, None)
    os.environ["HUNKTRACE"] = str(found)
    os.environ["XDG_CACHE_HOME"] = str(tmp_path_factory.mktemp("cache"))
    return found


@pytest.fixture(scope="session")
def demo(program: Path, tmp_path_factory: pytest.TempPathFactory) -> Demo:
    folder = tmp_path_factory.mktemp("demo") / "d"
    run_program(program, ["demo", "--dir", folder])
    return Demo(folder)


@pytest.fixture(scope="session")
def base_folder(demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The base as a folder."""
    folder = tmp_path_factory.mktemp("base")
    archive = subprocess.run(
        ["git", "-C", demo.folder / "upstream.git", "archive", "v1.0"], capture_output=True, check=True
    )
    subprocess.run(["tar", "-x", "-C", folder], input=archive.stdout, check=True)
    return folder


@pytest.fixture(scope="session")
def catalogue(demo: Demo, program: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A catalogue of the one release."""
    file = tmp_path_factory.mktemp("catalogue") / "vendor.sqlite"
    run_program(program, ["catalogue", "add", file, "--index", demo.index, "--base", demo.base, demo.vendor])
    return file


@pytest.fixture(scope="session")
def client(demo: Demo, catalogue: Path) -> Iterator[hunktrace.Client]:
    with hunktrace.Client(index=demo.index, catalogue=catalogue) as opened:
        yield opened


@pytest.fixture(scope="session")
def session() -> Iterator[SparkSession]:
    """Spark within this machine."""
    builder = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false")
    opened = builder.config("spark.sql.shuffle.partitions", "2").config("spark.driver.host", "127.0.0.1").getOrCreate()
    yield opened
    opened.stop()
