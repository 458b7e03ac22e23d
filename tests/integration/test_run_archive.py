"""``archive``, ``inspect`` and running what was packed, as processes and far from the script's folder."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.kit.run_script import write

ROOT = Path(__file__).parents[2]
BOUND_S = 30
SCRIPT = """
import { word } from './lib/wo rd.js';
import { typed } from './lib/typed.ts';
import { randomIntBetween } from 'https://jslib.k6.io/k6-utils/1.4.0/index.js';
const { old } = require('./lib/old.js');
const text = open('./data/text #1.txt');
const bytes = open('/FOLDER/data/bytes.bin', 'b');
export const options = { iterations: 2, thresholds: { iterations: [{ threshold: 'count>0', abortOnFail: true }] } };
export default function () {
  console.log(word, typed, old, text.trim(), new Uint8Array(bytes).join(), randomIntBetween(3, 3), __ENV.WHO, __ITER);
}
"""
FILES = {
    "lib/wo rd.js": "import { inner } from '../lib/inner.js'; export const word = inner;",
    "lib/inner.js": "export const inner = 'word';",
    "lib/typed.ts": "export const typed: number = 7;",
    "lib/old.js": "exports.old = require('./older.js').older;",
    "lib/older.js": "exports.older = 'old';",
    "data/text #1.txt": "text\n",
    "data/bytes.bin": b"\xff\x00",
}


class K6py:
    """Runs command lines in a folder of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(
        self, *args: str, stdin: bytes = b"", environ: dict[str, str] | None = None
    ) -> tuple[int, str, str]:
        done = subprocess.run(
            [sys.executable, "-m", "runner", *args],
            cwd=self.folder,
            input=stdin,
            capture_output=True,
            timeout=BOUND_S,
            env={"PYTHONPATH": str(ROOT), "HOME": str(self.folder), **(environ or {})},
        )
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    def run(self, *args: str, **how: bytes) -> tuple[int, list[str]]:
        """Exit status and log lines of a run."""
        quiet = ("--quiet", "--log-format", "raw", "--summary-mode", "disabled")
        code, _, log = self("run", *quiet, *args, **how)  # type: ignore[arg-type]
        return code, log.splitlines()


@pytest.fixture
def k6py(tmp_path: Path) -> K6py:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    return K6py(folder)


@pytest.fixture
def packed(k6py: K6py, tmp_path: Path) -> Path:
    """An archive whose script and files are gone."""
    source = tmp_path / "source"
    for name, content in {"script.js": SCRIPT.replace("/FOLDER", str(source)), **FILES}.items():
        write(source / name, content)
    archive = tmp_path / "elsewhere" / "packed.tar"
    assert k6py("archive", "-e", "WHO=me", "-O", "packed.tar", str(source / "script.js")) == (0, "", "")
    shutil.rmtree(source)
    return archive


LINE = "word 7 old text 255,0 3"


def test_archive_runs_without_the_files_it_was_made_of(k6py: K6py, packed: Path) -> None:
    assert k6py.run("packed.tar") == (0, [f"{LINE} me 0", f"{LINE} me 1"])


def test_flags_win_over_what_is_in_the_archive(k6py: K6py, packed: Path) -> None:
    assert k6py.run("-e", "WHO=you", "-i", "1", "packed.tar") == (0, [f"{LINE} you 0"])


def test_archive_on_standard_input_runs(k6py: K6py, packed: Path) -> None:
    assert k6py.run("-i", "1", "-", stdin=packed.read_bytes()) == (0, [f"{LINE} me 0"])


def test_archive_can_be_packed_again_with_other_options(k6py: K6py, packed: Path) -> None:
    assert k6py("archive", "-i", "1", "--exclude-env-vars", "packed.tar") == (0, "", "")
    assert k6py.run("archive.tar") == (0, [f"{LINE} undefined 0"])


def test_archive_can_be_inspected(k6py: K6py, packed: Path) -> None:
    code, text, log = k6py("inspect", "packed.tar")
    assert (code, log) == (0, "")
    options = json.loads(text)
    assert (options["iterations"], options["scenarios"]) == (2, None)
    assert options["thresholds"]["iterations"][0]["abortOnFail"] is True
    assert "count\\u003e0" in text


def test_file_that_is_not_in_the_archive_is_missing_though_it_is_on_disk(k6py: K6py, tmp_path: Path) -> None:
    (tmp_path / "late.txt").write_text("late")
    code = f"export default function () {{}}\nif (__VU > 0) open('{tmp_path}/late.txt');"
    write(k6py.folder / "script.js", code)
    assert k6py("archive", "script.js")[0] == 0
    status, log = k6py.run("archive.tar")
    assert status == 107
    assert f'The file "{tmp_path}/late.txt" couldn\'t be found on local disk' in log[0]


@pytest.mark.parametrize(
    ("kind", "content", "status"),
    [
        ("js", "export default function () {}", 0),
        ("archive", "export default function () {}", 255),
        ("", "export default function () {}", 0),
    ],
)
def test_type_says_what_the_file_is(k6py: K6py, kind: str, content: str, status: int) -> None:
    write(k6py.folder / "script.js", content)
    assert k6py.run("--type", kind, "script.js")[0] == status


def test_compatibility_mode_is_that_of_the_run_and_not_of_the_archive(k6py: K6py) -> None:
    write(k6py.folder / "s.js", "export default function () { console.log(typeof global); }")
    assert k6py("archive", "--compatibility-mode", "base", "s.js")[0] == 0
    assert k6py.run("archive.tar") == (0, ["object"])
    assert k6py.run("--compatibility-mode", "base", "archive.tar") == (0, ["undefined"])


def test_process_environment_stays_out_of_archives_unless_asked_for(k6py: K6py) -> None:
    write(k6py.folder / "s.js", "export default function () { console.log(__ENV.SECRET); }")
    environ = {"SECRET": "s"}
    assert k6py("archive", "s.js", environ=environ)[0] == 0
    assert k6py.run("archive.tar") == (0, ["undefined"])
    assert k6py("archive", "--include-system-env-vars", "s.js", environ=environ)[0] == 0
    assert k6py.run("archive.tar") == (0, ["s"])


@pytest.mark.parametrize("command", ["archive", "inspect"])
@pytest.mark.parametrize(
    ("script", "status"),
    [
        ("throw new Error('bad'); export default function () {}", 107),
        ("import './none.js'; export default function () {}", 107),
        ("export const options = { vus: 1.5 }; export default function () {}", 104),
    ],
)
def test_script_that_cannot_be_loaded_keeps_its_exit_status(
    k6py: K6py, command: str, script: str, status: int
) -> None:
    write(k6py.folder / "s.js", script)
    code, out, log = k6py(command, "s.js")
    assert (code, out) == (status, "")
    assert log.count("level=error") == 1
    assert not (k6py.folder / "archive.tar").exists()


@pytest.mark.parametrize(
    "args", [("inspect",), ("inspect", "none.js"), ("archive",), ("archive", "a.js", "b.js")]
)
def test_command_line_without_one_script_ends_with_255(k6py: K6py, args: tuple[str, ...]) -> None:
    assert k6py(*args)[0] == 255


def test_execution_requirements_are_of_the_final_options(k6py: K6py) -> None:
    write(
        k6py.folder / "s.js",
        """
        export const options = { scenarios: {
          a: { executor: 'ramping-vus', stages: [{ duration: '10s', target: 5 }] },
          b: { executor: 'constant-vus', vus: 2, duration: '1m', startTime: '5s', gracefulStop: '0s' },
        } };
        export default function () {}
        """,
    )
    code, text, log = k6py("inspect", "--execution-requirements", "s.js")
    assert (code, log) == (0, "")
    options = json.loads(text)
    assert (options["totalDuration"], options["maxVUs"]) == ("1m5s", 7)
    assert options["scenarios"]["b"]["gracefulStop"] == "0s"
    code, text, _ = k6py("inspect", "--execution-requirements", "s.js", environ={"K6_ITERATIONS": "4"})
    options = json.loads(text)
    assert (options["totalDuration"], options["maxVUs"], options["iterations"]) == ("10m30s", 1, 4)
    assert options["scenarios"]["default"]["executor"] == "shared-iterations"


def test_archive_holds_files_that_k6_experimental_fs_opened(k6py: K6py, tmp_path: Path) -> None:
    script = """
      import { open } from 'k6/experimental/fs';
      import csv from 'k6/experimental/csv';
      const rows = await csv.parse(await open('data/rows.csv'), { asObjects: true });
      let missing;
      try { await open('data/other.csv'); } catch (e) { missing = e.name; }
      export default function () { console.log(JSON.stringify(rows), missing); }
    """
    source = tmp_path / "source"
    write(source / "script.js", script)
    write(source / "data" / "rows.csv", "a,b\n1,2\n")
    assert k6py("archive", "-O", "packed.tar", str(source / "script.js")) == (0, "", "")
    shutil.rmtree(source)
    assert k6py.run("packed.tar") == (0, ['[{"a":"1","b":"2"}] NotFoundError'])
