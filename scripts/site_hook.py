"""Adds the gallery of stock sounds to the site, and makes plain text of links to files outside the site."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

from krach import _krach
from krach._page import preview
from krach.stock import Shelf, fx, synths

RATE = 44100
LINK = re.compile(r"\[([^\]]*)\]\(((?:\.\./)+[^)#\s]*)(?:#[^)]*)?\)")
ROOT = Path(__file__).resolve().parents[1]


def on_files(files: Files, config: Any) -> Files:
    """Adds the page of the gallery and a sound file for each of its players."""
    for title, shelf in (("synths", synths), ("fx", fx)):
        for name in shelf:
            sound = _krach.wav_bytes(preview(shelf[name]), RATE)
            files.append(File.generated(config, f"gallery/{title}-{name}.wav", content=sound))
    files.append(File.generated(config, "gallery.md", content=gallery()))
    return files


def gallery() -> str:
    """The stock sounds by family, each with a player, a sentence and its source."""
    return "\n\n".join(
        [
            "# Gallery of stock sounds",
            "Instruments play their default note. Effects hear bursts of noise.",
            *shown("synths", "Instruments", synths),
            *shown("fx", "Effects", fx),
        ]
    )


def shown(title: str, heading: str, shelf: Shelf) -> list[str]:
    """A section for each family of a shelf."""
    parts = [f"## {heading}"]
    for family, names in shelf.families.items():
        parts.append(f"### {family.capitalize()}")
        for name in names:
            sound = shelf[name]
            says = (inspect.getdoc(sound.fn) or "").split("\n\n")[0].replace("\n", " ")
            player = f'<audio controls preload="none" src="gallery/{title}-{name}.wav"></audio>'
            parts.append(
                f"**`kr.{title}.{name}`** {says}\n\n{player}\n\n```python\n{sound.source.strip()}\n```"
            )
    return parts


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Links to files outside `docs` become their text."""
    folder = (ROOT / "docs" / page.file.src_uri).parent

    def kept(link: re.Match[str]) -> str:
        inside = (folder / link[2]).resolve().is_relative_to(ROOT / "docs")
        return link[0] if inside and (folder / link[2]).is_file() else link[1]

    return LINK.sub(kept, markdown)
