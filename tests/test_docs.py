"""What the documentation shows is what happens: examples run, pasted output is today's, tables match the code."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from jsbindings.registry import BUILTIN
from runner.cli import COMMANDS, find_command
from runner.echo_server import EchoServer

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
K6PY = [sys.executable, "-m", "runner"]


def blocks(text: str, language: str) -> list[str]:
    """The fenced code blocks of one language."""
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.S | re.M)


def without_figures(text: str) -> list[str]:
    """Lines of a run's output with everything masked that differs from run to run."""
    masked = re.sub(r"\d+(\.\d+)?(µs|ms|s|m|kB|B)?(/s)?", "N", text)
    return [re.sub(r"\s+", " ", line).strip() for line in masked.splitlines() if line.strip()]


@pytest.mark.slow
def test_readme_shows_what_the_demo_prints() -> None:
    (shown,) = [block for block in blocks(README, "text") if "TOTAL RESULTS" in block]
    with EchoServer() as server:
        done = subprocess.run(
            [*K6PY, "run", "-e", f"WS_URL={server.url}", "scripts/websocket.js"],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=60,
        )
    assert shown.startswith("k6py run -e WS_URL=")
    _, *expected = without_figures(shown)
    # Log lines and standard output arrive by two pipes, so only their order among themselves is certain.
    assert sorted(without_figures(done.stdout)) == sorted(expected)


def test_readme_shows_the_script_as_it_is() -> None:
    assert (ROOT / "scripts" / "websocket.js").read_text(encoding="utf-8") in blocks(README, "js")


@pytest.mark.parametrize("name", BUILTIN)
def test_every_module_has_a_readme_which_the_front_page_links(name: str) -> None:
    page = BUILTIN[name].replace(".", "/") + "/README.md"
    assert f"]({page})" in README
    text = (ROOT / page).read_text(encoding="utf-8")
    assert "https://" in text and "**Covered.**" in text


@pytest.mark.parametrize(
    "page", sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]), ids=lambda p: p.name
)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), target


@pytest.mark.slow
def test_the_binding_of_the_tutorial_works(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "add-a-binding.md").read_text(encoding="utf-8")
    (tmp_path / "k6_store.py").write_text(blocks(text, "python")[0], encoding="utf-8")
    (tmp_path / "store.js").write_text(blocks(text, "js")[0], encoding="utf-8")
    (command,) = blocks(text, "console")
    assert command == "$ k6py run --module k6_store.py store.js\n"
    done = subprocess.run(
        [*K6PY, *command.split()[2:]], cwd=tmp_path, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert "100.00% 2 out of 2" in done.stdout


@pytest.mark.parametrize("name", COMMANDS)
def test_every_subcommand_is_documented_with_examples(name: str) -> None:
    command = find_command(name)
    assert command.help and command.summary
    assert f"k6py {name}" in "\n".join(command.examples)


@pytest.mark.parametrize("name", sorted(path.name for path in (ROOT / "docs" / "decisions").iterdir()))
def test_decisions_are_numbered_and_fit_a_page(name: str) -> None:
    assert re.fullmatch(r"\d{3}-[a-z0-9-]+\.md", name)
    assert len((ROOT / "docs" / "decisions" / name).read_text(encoding="utf-8").splitlines()) <= 60
