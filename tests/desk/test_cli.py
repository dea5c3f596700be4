"""The command line: what it shows, how it fails, and that text of the web cannot harm a terminal."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import pytest
import typer
from samples.shelf import NEW_TITLE, shelf
from typer.core import TyperGroup

from archive import ReadArticle, ReadThread
from crawler.progress import Progress
from desk import terminal
from desk.cli import app as command_line
from desk.cli import main
from desk.cli.crawl import Watch, command_name
from model import Article, Comment, CommentThread, Source
from pipelines import fold_text, index_text

ROOT = Path(__file__).parents[2]


@dataclass
class Ran:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Run = Callable[..., Ran]


@pytest.fixture
def run(newsroom_archive: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    def running(*arguments: str, archive: Path | None = newsroom_archive, columns: str = "100") -> Ran:
        where = ["--archive", str(archive)] if archive else []
        monkeypatch.setattr(sys, "argv", ["mandegar", *where, *arguments])
        monkeypatch.setenv("COLUMNS", columns)
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        return Ran(int(ended.value.code or 0), out, err)

    return running


def _commands(group: typer.Typer | None = None) -> list[str]:
    tree = typer.main.get_command(group or command_line)
    assert isinstance(tree, TyperGroup)
    context = typer.Context(tree)
    names = []
    for name in tree.list_commands(context):
        command = tree.get_command(context, name)
        inner = getattr(command, "commands", None)
        names += [f"{name} {one}" for one in inner] if inner else [name]
    return names


# --- help


def test_help_names_every_command_and_all_exit_codes(run: Run) -> None:
    shown = run("--help")
    assert shown.code == 0
    for name in ("crawl", "search", "show", "serve", "source", "status", "verify", "demo"):
        assert re.search(rf"^│ {name} ", shown.out, re.MULTILINE), name
    for code in (
        "0 done",
        "1 it failed",
        "2 what was given",
        "3 the archive",
        "4 the site",
        "130 interrupted",
    ):
        assert code in " ".join(shown.out.split()), code
    assert run(archive=None).out == shown.out


@pytest.mark.parametrize("command", _commands())
def test_every_command_has_an_example_in_its_help(run: Run, command: str) -> None:
    shown = run(*command.split(), "--help")
    assert shown.code == 0
    assert re.search(rf"Examples?:\s+mandegar {command}", " ".join(shown.out.split())), shown.out


@pytest.mark.parametrize("command", _commands())
def test_the_readme_names_every_command(command: str) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    group, _, inner = command.partition(" ")
    # A group's commands may be named together: «mandegar source add | list | show».
    named = rf"mandegar {group}\b" + (rf"[^\n]*\b{inner}\b" if inner else "")
    assert re.search(named, readme), f"README.md does not show `mandegar {command}`"


# --- search


@pytest.mark.parametrize("typed", ["می\u200cدانند", "میدانند", "مي دانند"])
def test_search_finds_what_was_cut_however_it_is_typed(run: Run, typed: str) -> None:
    found = run("search", "خشکسالی", typed)
    assert found.code == 0
    assert "خشک\u200cسالی می\u200cدانند" in found.out
    assert "not shown so any more" in found.out


def test_search_finds_comments_and_names_their_authors(run: Run) -> None:
    found = run("search", "مقنی")
    assert "comment by \u2068كاظم از یزد\u2069" in found.out


def test_search_leaves_out_words_with_a_minus(run: Run) -> None:
    assert "زعفران" in run("search", "زعفران").out
    assert "Nothing found" in run("search", "زعفران", "-زعفران").out


def test_nothing_found_is_no_error(run: Run) -> None:
    found = run("search", "ناموجودکلمه")
    assert found.code == 0
    assert "Nothing found for" in found.out
    assert run("search", "ناموجودکلمه", "--json").json == []


def test_search_narrows_by_source_and_date(run: Run) -> None:
    def count(*options: str) -> int:
        return len(run("search", "کتابخانه", "--json", *options).json)

    assert count() > 0
    assert count("--source", "sample_mahtab") == count()
    assert count("--since", "2026-12-01") == 0
    assert count("--until", "2026-01-01") == 0
    assert run("search", "x", "--source", "nobody").code == 2


# --- show


def test_show_prints_the_text_as_published_with_jalali_dates(run: Run) -> None:
    shown = run("show", "1")
    assert shown.code == 0
    assert "کتابخانهٔ شبانه\u200cروزی شهر" in shown.out
    assert "۲ آبان ۱۴۰۵" in shown.out
    assert "4 comments, 1 of them gone" in shown.out


def test_show_draws_comments_as_a_tree(run: Run) -> None:
    lines = run("show", "1").out.splitlines()
    depths = [
        re.match(r"[│├└─\s]*", line)[0] for line in lines if "UTC (" in line and "published" not in line
    ]  # type: ignore[index]
    assert [len(one) for one in depths][:3] == sorted({len(one) for one in depths[:3]})
    assert any("gone since 2026-11-24 07:30 UTC" in line for line in lines)


def test_show_takes_a_web_address_and_tells_of_a_refusal(run: Run, newsroom_archive: Path) -> None:
    listed = run("search", "فرش", "--json").json
    shown = run("show", listed[0]["url"])
    assert shown.code == 0
    assert "the site answered with status 410" in shown.out


def test_show_diff_says_what_changed_in_published_text(run: Run) -> None:
    number = str(run("search", "زعفران\u200cکاران", "--json").json[0]["article_id"])
    shown = run("show", number, "--diff").out
    assert "From version 1 to 2" in shown
    assert "{+\u2068بخشی از سود \u2069+}" in shown
    assert "[-\u2068قیمت\u200cها \u2069-]" in shown
    assert "paragraph 2 removed" in shown
    assert "قیمت\u200cها" in run("show", number, "--version", "1").out
    assert run("show", number).out.startswith("\u2068" + NEW_TITLE)
    assert run("show", number, "--version", "3").err.strip() == (
        "mandegar: --version: this article has version 1, 2, not 3"
    )


def test_show_json_has_versions_changes_comments_and_captures(run: Run) -> None:
    number = run("search", "زعفران\u200cکاران", "--json").json[0]["article_id"]
    shown = run("show", str(number), "--json").json
    assert [one["number"] for one in shown["versions"]] == [1, 2]
    assert len(shown["article"]["captures"]) == 2
    assert shown["comments"][0]["comment"]["author"] == "یک زعفران\u200cکار"


def test_the_difference_of_an_only_version_is_empty(run: Run) -> None:
    read = run("show", "1", "--diff", "--json").json
    assert (read["format"], read["from"], read["changes"]) == ("mandegar-difference/1", read["to"], [])
    shown = run("show", "1", "--diff").out
    assert "One version only: its text never changed." in shown
    assert "Comment gone since 2026-11-24 07:30 UTC" in shown


# --- the rest


def test_status_and_sources_say_what_is_there(run: Run) -> None:
    shown = run("status")
    assert "12 articles in 13 versions, 32 comments" in shown.out
    assert run("status", "--json").json["totals"]["articles"] == 12
    assert "sample_mahtab" in run("source", "list").out
    assert run("source", "list", "--json").json[0]["title"] == "روزنامهٔ مهتاب"
    assert "Asia/Tehran" in run("source", "show", "sample_mahtab").out
    assert len(run("source", "show", "sample_mahtab", "--json").json["crawls"]) == 2


def test_in_a_narrow_terminal_no_name_address_or_state_is_cut(run: Run, tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    origin = f"https://{'long-' * 11}name.of-some-place.example.org/"
    with shelf(archive, Source(name="xx_" + "n" * 60, origin=origin, title="روزنامهٔ مهتاب"), pages=1234567):
        pass
    id_ = run("status", "--json", archive=archive).json["crawls"][0]["id"]
    for width in ("80", "40"):
        listed = run("source", "list", archive=archive, columns=width).out
        status = run("status", archive=archive, columns=width).out
        shown = run("source", "show", "xx_" + "n" * 60, archive=archive, columns=width).out
        assert "…" not in listed + status + shown
        for text in (listed, status, shown):
            lines = text.splitlines()
            assert any("xx_" + "n" * 60 in line for line in lines)
            assert any("finished" in line for line in lines)
        assert any(origin in line for line in listed.splitlines())
        assert any(origin in line for line in shown.splitlines())
        assert "روزنامهٔ مهتاب" in listed
        assert id_ in status
        assert "1,234,567 pages" in status


def progress(**numbers: Any) -> Progress:
    nothing = {field.name: 0 for field in fields(Progress)}
    return Progress(**{**nothing, "crawl_id": "c", "last_url": "", "ending": False, **numbers})


def test_the_progress_line_says_articles_found_and_archived(capsys: pytest.CaptureFixture[str]) -> None:
    with Watch(quiet=False) as watch:
        watch.show(
            progress(
                elapsed_s=31.0,
                articles=48,
                articles_found=201,
                found=1300,
                done=300,
                comments=7,
                bytes_received=1500,
                rate=10.0,
            )
        )
    shown = capsys.readouterr().err
    assert shown.strip() == (
        "articles 48 of 201  requests 300 of 1,300  comments 7  1.5 kB  10.0/s  time left 1:40"
    )


@pytest.mark.parametrize("quiet", [True, False])
def test_that_a_crawl_ends_is_said_once(capsys: pytest.CaptureFixture[str], quiet: bool) -> None:
    with Watch(quiet=quiet) as watch:
        for ending in (False, True, True):
            watch.show(progress(ending=ending))
    assert capsys.readouterr().err == ("ending: waiting for what is under way; Ctrl-C again ends at once\n")


def test_verify_accepts_what_was_written_and_names_what_was_damaged(
    run: Run, newsroom_archive: Path, tmp_path: Path
) -> None:
    whole = run("verify", str(newsroom_archive), archive=None)
    assert whole.code == 0, whole.out
    # Two crawls, and what the archive says of the source.
    assert whole.out == "3 files, 0 faults\n"
    assert run("verify").out == whole.out
    first = next(newsroom_archive.rglob("*.warc.gz"))
    damaged = tmp_path / "damaged.warc.gz"
    data = bytearray(first.read_bytes())
    data[len(data) // 2] ^= 0xFF
    damaged.write_bytes(data)
    found = run("verify", str(damaged), archive=None)
    assert found.code == 1
    assert f"{damaged}:" in found.out.replace("\n", "")
    assert run("verify", str(damaged), "--json", archive=None).json["faults"]


def test_a_source_is_added_by_address_file_or_name(run: Run, tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    file = tmp_path / "nl_paper.toml"
    file.write_text('origin = "https://paper.example/"\ntitle = "Paper"\n', encoding="utf-8")
    assert run("source", "add", "https://www.example.org/", "--title", "Example", archive=archive).code == 0
    assert run("source", "add", str(file), archive=archive).code == 0
    assert run("source", "add", "nl_zamaneh", "--delay", "2", archive=archive).code == 0
    names = {one["name"]: one for one in run("source", "list", "--json", archive=archive).json}
    assert {"example_org", "nl_paper", "nl_zamaneh"} == set(names)
    assert names["nl_zamaneh"]["delay_s"] == 2
    assert (
        run("source", "add", "example.org", archive=archive).err.strip().endswith("try https://example.org")
    )
    assert run("source", "add", "https://a.example/", "--name", "Bad Name", archive=archive).code == 2


def test_a_source_never_takes_the_place_of_another_publication(run: Run, tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    assert run("source", "add", "https://a-b.example/", archive=archive).code == 0
    other = run("source", "add", "https://a.b.example/", archive=archive)
    assert other.code == 2
    assert "the name a_b_example is taken by https://a-b.example/" in other.err
    assert "--name NAME" in other.err
    assert run("source", "list", "--json", archive=archive).json[0]["origin"] == "https://a-b.example/"
    assert run("source", "add", "https://a.b.example/", "--name", "other", archive=archive).code == 0
    # The same one again, changed, is no other; nor is one that says where it moved from.
    assert run("source", "add", "http://www.a-b.example/", "--delay", "2", archive=archive).code == 0
    moved = tmp_path / "moved.toml"
    moved.write_text(
        'name = "a_b_example"\norigin = "https://new.example/"\nhosts = ["a-b.example"]\n', encoding="utf-8"
    )
    assert run("source", "add", str(moved), archive=archive).code == 0
    taken = tmp_path / "other.toml"
    taken.write_text('name = "other"\norigin = "https://new.example/"\n', encoding="utf-8")
    for command in (("source", "add"), ("crawl",)):
        assert "taken by https://a.b.example/" in run(*command, str(taken), archive=archive).err


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("nothing",), 2, "No such command 'nothing'"),
        (("show",), 2, "Missing argument"),
        (("show", "999"), 2, "no article '999' in this archive"),
        (("show", "https://nowhere.example/"), 2, "no article 'https://nowhere.example/'"),
        (("source", "show", "nobody"), 2, "no source 'nobody'"),
        (("search", "—"), 2, "nothing to look for"),
        (("search", "x", "--since", "yesterday"), 2, "yesterday"),
        (("verify", "/nowhere"), 2, "/nowhere does not exist"),
        (("crawl", "nobody"), 2, "no source 'nobody'"),
        (("crawl", "example.org"), 2, "try https://example.org"),
        (("crawl", "ftp://example.org/"), 2, "it must begin with https:// or http://"),
        (("crawl", "https://a.example/", "-s", "lower=1"), 2, "a setting is given as NAME=VALUE"),
        (("serve", "--port", "99999"), 2, "less than or equal to 65535 (see: mandegar serve --help)"),
    ],
)
def test_what_cannot_be_used_is_one_clear_line(
    run: Run, tmp_path: Path, newsroom_archive: Path, arguments: tuple[str, ...], code: int, said: str
) -> None:
    archive = tmp_path / "archive" if arguments[0] == "crawl" else newsroom_archive
    ended = run(*arguments, archive=archive)
    assert ended.code == code
    assert said in ended.err
    assert len(ended.err.strip().splitlines()) == 1
    assert ended.out == ""


def test_a_folder_that_is_no_archive_and_a_damaged_catalogue_are_told_apart(run: Run, tmp_path: Path) -> None:
    for command in (("status",), ("search", "x"), ("show", "1"), ("source", "list"), ("serve",)):
        ended = run(*command, archive=tmp_path)
        assert (ended.code, ended.out) == (3, "")
        assert "is not a Mandegar archive" in ended.err
    with shelf(tmp_path / "archive", Source(name="a", origin="http://a.example/")):
        pass
    catalogue = tmp_path / "archive" / "catalogue.sqlite"
    catalogue.write_bytes(b"x" * 8192)
    ended = run("status", archive=tmp_path / "archive")
    assert ended.code == 3
    assert "Traceback" not in ended.err
    assert len(ended.err.strip().splitlines()) == 1


def test_text_of_the_web_has_no_power_over_the_terminal(run: Run, tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    evil = "a\x1b]0;owned\x07\x1b[2Jb\u202egpj.exe\u2066c\x9bd [bold]e[/bold] :smile: می\u200cگوید"
    url = "http://a.example/1"
    with shelf(archive, Source(name="a", origin="http://a.example/", title=evil)) as filling:
        capture = filling.keep(url, b"<p>x")
        article = Article(
            url=url,
            canonical_url=url,
            title=evil,
            paragraphs=(evil, "second"),
            authors=(evil,),
            section=evil,
            tags=(evil,),
        )
        comment = Comment(publisher_id="1", key="1", author=evil, text=evil)
        filling.recorder.article(
            ReadArticle(capture=capture, article=article, indexed=index_text(article)), "t"
        )
        filling.recorder.thread(
            ReadThread(
                capture=capture,
                article_url=url,
                thread=CommentThread(comments=(comment,)),
                indexed={"1": fold_text(evil)},
                last=True,
                complete=True,
            )
        )
        changed = replace(article, title=evil + " more")
        later = filling.keep(url, b"<p>y")
        filling.recorder.article(
            ReadArticle(capture=later, article=changed, indexed=index_text(changed)), "t"
        )
    for command in (("show", "1", "--diff"), ("search", "gpj"), ("source", "list"), ("source", "show", "a")):
        shown = run(*command, archive=archive)
        assert shown.code == 0
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066\u2067]", shown.out), command
        assert shown.out.count("\u2068") == shown.out.count("\u2069")
    shown = run("show", "1", archive=archive).out
    assert "\\x1b[2J" in shown
    assert "\\u202e" in shown
    assert "[bold]e[/bold] :smile: می\u200cگوید" in shown


def test_a_deep_thread_is_shown_to_its_end(run: Run, tmp_path: Path) -> None:
    url = "http://a.example/1"
    thread = tuple(
        Comment(
            publisher_id=str(n), key=str(n), parent_id=str(n - 1) if n else None, author="r", text=f"word{n}"
        )
        for n in range(300)
    )
    with shelf(tmp_path / "archive", Source(name="a", origin="http://a.example/")) as filling:
        capture = filling.keep(url, b"<p>x")
        article = Article(url=url, canonical_url=url, title="t", paragraphs=("p",))
        filling.recorder.article(
            ReadArticle(capture=capture, article=article, indexed=index_text(article)), "t"
        )
        filling.recorder.thread(
            ReadThread(
                capture=capture,
                article_url=url,
                thread=CommentThread(comments=thread),
                indexed={one.key: fold_text(one.text) for one in thread},
                last=True,
                complete=True,
            )
        )
    shown = run("show", "1", archive=tmp_path / "archive").out
    assert all(re.search(rf"word{n}\b", shown) for n in range(300))


# --- as a program


def _program(*arguments: str, **options: Any) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen([sys.executable, "-m", "desk", *arguments], env=environment, cwd=ROOT, **options)


def test_a_reader_of_the_output_may_go_away(newsroom_archive: Path) -> None:
    program = _program(
        "-a", str(newsroom_archive), "show", "3", stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert program.stdout is not None
    program.stdout.close()
    assert program.stderr is not None
    with program.stderr as errors:
        assert errors.read() == b""
    assert program.wait(30) == 0


def test_serve_says_when_its_port_is_taken(run: Run) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = run("serve", "--port", str(port))
    assert ended.code == 2
    assert ended.err.strip() == f"mandegar: port {port} at 127.0.0.1 is in use; give another with --port"


@pytest.mark.parametrize(
    ("given", "wanted"),
    [("a\tb\nc", "a\tb\nc"), ("می\u200cگوید", "می\u200cگوید"), ("\u202e", "\\u202e"), ("\x9b", "\\x9b")],
)
def test_only_what_has_power_is_shown_escaped(given: str, wanted: str) -> None:
    assert terminal.safe(given) == wanted


def test_the_command_to_type_next_is_one_that_the_shell_finds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program = tmp_path / ".venv" / "bin" / "mandegar"
    program.parent.mkdir(parents=True)
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", "/nowhere")
    assert command_name(str(program)) == ".venv/bin/mandegar"
    assert command_name("desk/__main__.py") == "mandegar"
    monkeypatch.setenv("PATH", str(program.parent))
    assert command_name(str(program)) == "mandegar"


def test_show_offers_a_reading_with_the_half_spaces_that_a_page_lost(run: Run, tmp_path: Path) -> None:
    published = "او میگوید کتابها را نمیخواند"
    restored = "او می\u200cگوید کتاب\u200cها را نمی\u200cخواند"
    with shelf(tmp_path / "archive", Source(name="a", origin="http://a.example/")) as filling:
        for number, text in enumerate(
            ("او میگوید کتابها را نمیخواند", "او می\u200cگوید کتاب\u200cها را برد"), 1
        ):
            url = f"http://a.example/{number}"
            article = Article(url=url, canonical_url=url, title="خبر", language="fa", paragraphs=(text,))
            read = ReadArticle(
                capture=filling.keep(url, b"<p>x"), article=article, indexed=index_text(article)
            )
            filling.recorder.article(read, "t")
    lost, whole = (run("show", number, archive=tmp_path / "archive").out for number in ("1", "2"))
    assert lost.index(published) < lost.index("A reading restored by us") < lost.index(restored)
    assert "put back in 3 words." in lost
    assert lost.index("A reading restored by us") < lost.index(
        "او می\u200cگوید کتاب\u200cها را نمی\u200cخواند"
    )
    assert "restored by us" not in whole
    shown = run("show", "1", "--json", archive=tmp_path / "archive").json
    assert shown["restored"]["words"] == 3
    assert run("show", "2", "--json", archive=tmp_path / "archive").json["restored"] is None
