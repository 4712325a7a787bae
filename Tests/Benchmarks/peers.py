"""Builds and finds the programs that the product is measured beside; what is made goes to .build-bench/."""

import pathlib
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
BUILD = ROOT / ".build-bench"
BINARY = str(ROOT / ".build" / "release" / "tapedeck")
FINDS = "import importlib.util as modules, sys; sys.exit(not all(map(modules.find_spec, sys.argv[1:])))"


def compile_c(name, *libraries):
    """A program of one file in C."""
    BUILD.mkdir(exist_ok=True)
    subprocess.run(["cc", "-O2", "-o", BUILD / name, HERE / f"{name}.c", *libraries], check=True)
    return BUILD / name


def compile_cxx(name, *libraries):
    """A program of one file in C++; None where the compiler or a library is missing."""
    BUILD.mkdir(exist_ok=True)
    if not shutil.which("c++"):
        return None
    made = subprocess.run(
        ["c++", "-O3", "-o", BUILD / name, HERE / f"{name}.cpp", *libraries], capture_output=True)
    return BUILD / name if made.returncode == 0 else None


def compile_go(name):
    """A program of one file in Go; None without Go."""
    BUILD.mkdir(exist_ok=True)
    if not shutil.which("go"):
        return None
    subprocess.run(["go", "build", "-o", BUILD / name, HERE / f"{name}.go"], check=True)
    return str(BUILD / name)


def python_with(*packages):
    """A Python that has these packages, which are installed where they are missing; None where that does not work."""
    BUILD.mkdir(exist_ok=True)
    python = BUILD / "venv" / "bin" / "python"
    if not python.exists():
        made = subprocess.run([sys.executable, "-m", "venv", BUILD / "venv"], capture_output=True)
        if made.returncode != 0:
            return None
    for package in packages:
        if not finds(python, package):
            subprocess.run([python, "-m", "pip", "install", "-q", package], capture_output=True)
    return str(python) if finds(python, *packages) else None


def finds(python, *packages):
    return subprocess.run([python, "-c", FINDS, *packages], capture_output=True).returncode == 0


def program(name):
    """A program of this machine, or one that came with a package of Python's."""
    return shutil.which(name) or shutil.which(name, path=BUILD / "venv" / "bin")
