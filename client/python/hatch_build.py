"""Builds what is not in the repository: the messages of `hunktrace.v1`, and a wheel that carries the program."""

import os
import re
import stat
import sysconfig
from importlib import resources
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PROGRAM_VARIABLE = "HUNKTRACE_WHEEL_PROGRAM"
"""Where it names a `hunktrace` program, the wheel carries it."""


class BuildHook(BuildHookInterface):
    """Runs before the package is put together."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Generates the messages, and takes the program along where one is named."""
        root = Path(self.root)
        generate_messages(proto_folder(root), root / "src")
        program = os.environ.get(PROGRAM_VARIABLE)
        if self.target_name != "wheel" or version == "editable":
            return
        build_data["force_include"][str(beside(root, "LICENSE"))] = "hunktrace/LICENSE"
        if program:
            notices = beside(root, "THIRD-PARTY-NOTICES.md")
            build_data["force_include"][str(notices)] = "hunktrace/THIRD-PARTY-NOTICES.md"
            check_program(Path(program))
            build_data["shared_scripts"] = {program: "hunktrace"}
            build_data["pure_python"] = False
            build_data["tag"] = f"py3-none-{platform_tag(Path(program))}"


def proto_folder(root: Path) -> Path:
    """The .proto files: of the repository, or those that a source distribution has taken along."""
    for folder in (root / "proto", root.parent.parent / "proto" / "proto"):
        if (folder / "hunktrace" / "v1" / "hunktrace.proto").is_file():
            return folder
    raise SystemExit("the .proto files are not there; build from a checkout of the whole repository, or from the sdist")


def beside(root: Path, name: str) -> Path:
    """A file of the repository's own folder, or as a source distribution has taken it along."""
    return root / name if (root / name).is_file() else root.parent.parent / name


def generate_messages(protos: Path, out: Path) -> None:
    """Compiles the .proto files to modules with types, `hunktrace/v1/NAME_pb2.py`."""
    from grpc_tools import protoc

    names = sorted(str(file.relative_to(protos)) for file in protos.rglob("*.proto"))
    well_known = resources.files("grpc_tools") / "_proto"
    folders = [f"--proto_path={protos}", f"--proto_path={well_known}"]
    if protoc.main(["protoc", *folders, f"--python_out={out}", f"--pyi_out={out}", *names]) != 0:
        raise SystemExit("the .proto files cannot be compiled")
    (out / "hunktrace" / "v1" / "__init__.py").write_text(
        '"""The messages of `hunktrace.v1`, generated from its .proto files."""\n'
    )


def check_program(program: Path) -> None:
    """Refuses what no wheel can carry."""
    if not program.is_file() or not program.stat().st_mode & stat.S_IXUSR:
        raise SystemExit(f"{program}: is no program; {PROGRAM_VARIABLE} has to name a built 'hunktrace'")


def platform_tag(program: Path) -> str:
    """The platforms that the program runs on: those whose glibc has all versions of symbols that it names."""
    platform = sysconfig.get_platform().replace("-", "_").replace(".", "_")
    if not platform.startswith("linux_"):
        return platform
    minors = [int(minor) for minor in re.findall(rb"\bGLIBC_2\.(\d+)", program.read_bytes())]
    return f"manylinux_2_{max(minors, default=17)}_{platform.removeprefix('linux_')}"
