"""What is installed: every package, the wheel in an environment of its own; and make demo."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TIMEOUT_S = 300
# As in a terminal: without what points Python to this checkout, and without the make that runs the tests.
ENVIRON = {
    name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "MAKE", "MFLAGS"))
}
SCRIPT = """
import ws from 'k6/ws';
import { uuidv4 } from 'https://jslib.k6.io/k6-utils/1.4.0/index.js';

export default function () {
  console.log(`made ${uuidv4().length} characters with ${typeof ws.connect}`);
}
"""


def package_folders() -> set[str]:
    inits = (path for folder in ("runner", "jsbindings") for path in (ROOT / folder).rglob("__init__.py"))
    return {".".join(path.parent.relative_to(ROOT).parts) for path in inits}


def test_every_folder_with_python_in_it_is_a_package() -> None:
    files = (path for folder in ("runner", "jsbindings") for path in (ROOT / folder).rglob("*.py"))
    folders = {".".join(path.parent.relative_to(ROOT).parts) for path in files}
    assert folders == package_folders()


def run(command: list[str | Path], cwd: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        command, cwd=cwd, env=ENVIRON | environ, capture_output=True, text=True, timeout=TIMEOUT_S
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done


def copy_sources(target: Path, *more: str) -> None:
    """What a build needs, and `more` folders, without what was made from them."""
    for name in ("setup.cfg", "setup.py", "pyproject.toml", "LICENSE", "README.md"):
        shutil.copy(ROOT / name, target)
    for name in ("runner", "jsbindings", "vendor", *more):
        shutil.copytree(ROOT / name, target / name, ignore=shutil.ignore_patterns("__pycache__", "*.so"))


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    # From a copy: setuptools leaves its build folder beside the source, and takes files from an old one.
    source = folder / "source"
    source.mkdir()
    copy_sources(source)
    run([sys.executable, "-m", "build", "--wheel", "--outdir", folder, source], folder)
    return next(folder.glob("*.whl"))


@pytest.mark.slow
def test_wheel_has_every_file_that_is_needed_to_run(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    folders = {"runner": "runner", "jsbindings": "jsbindings", "vendor": "k6py_vendor"}
    for folder, package in folders.items():
        for path in (ROOT / folder).rglob("*"):
            if path.is_file() and path.suffix not in (".pyc", ".so"):
                assert f"{package}/{path.relative_to(ROOT / folder).as_posix()}" in names
    tops = {name.split("/")[0] for name in names}
    assert {top for top in tops if not top.endswith(".dist-info")} == set(folders.values())
    assert any(name.endswith("LICENSE") for name in names)


@pytest.mark.slow
def test_wheel_runs_in_an_environment_of_its_own(wheel: Path, tmp_path: Path) -> None:
    environment = tmp_path / "environment"
    venv.create(environment, with_pip=True)
    python = environment / "bin" / "python"
    run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", wheel], tmp_path)
    (tmp_path / "script.js").write_text(SCRIPT, encoding="utf-8")
    done = run([environment / "bin" / "k6py", "run", "script.js"], tmp_path)
    assert 'msg="made 36 characters with function"' in done.stderr
    assert "iterations" in done.stdout
    assert run([environment / "bin" / "k6py", "version"], tmp_path).stdout.startswith("k6py ")


@pytest.mark.slow
def test_demo_shows_banner_log_and_summary_and_leaves_no_server(tmp_path: Path) -> None:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = run([".ci/demo"], ROOT, PATH=path, TMPDIR=str(tmp_path))
    assert "execution: local" in done.stdout
    assert 'msg="received: ping"' in done.stderr
    assert "checks_succeeded...: 100.00%" in done.stdout
    assert list(tmp_path.iterdir()) == []


def test_make_alone_says_what_there_is() -> None:
    done = run(["make"], ROOT)
    targets = [line.split()[1] for line in done.stdout.splitlines()]
    assert targets == ["help", "demo", "test", "compiled", "lint", "autobahn", "bench", "clean"]
