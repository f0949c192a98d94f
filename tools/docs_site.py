#!/usr/bin/env python3
"""MkDocs hook: the site has the repository's own pages under their own paths, and what they link to, so that links hold as they are."""

import re
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files

ROOT = Path(__file__).resolve().parents[1]
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s#]+)")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Return the pages of the navigation and what they link to, in place of what lies in ``docs_dir``; the theme's files stay."""
    kept = [file for file in files if file.src_dir != config.docs_dir]
    pages = [ROOT / name for name in _pages(config.nav)]
    linked = {target for page in pages for target in _targets(page)}
    own = sorted({*pages, *linked})
    outside = [path for path in linked if path.suffix == ".md" and path not in pages]
    if outside:
        raise PluginError(
            f"mkdocs.yml: pages link to {', '.join(str(path.relative_to(ROOT)) for path in outside)}, which nav does not have"
        )
    return Files([*kept, *(File(path.relative_to(ROOT).as_posix(), str(ROOT), config.site_dir, config.use_directory_urls) for path in own)])


def _pages(nav: Any) -> list[str]:
    """Return the paths a navigation names, in its order."""
    if isinstance(nav, str):
        return [nav]
    values = nav.values() if isinstance(nav, dict) else nav
    return [name for value in values for name in _pages(value)]


def _targets(page: Path) -> set[Path]:
    """Return the files of the repository a page links to; that they exist is a test's business and the build's."""
    found = {(page.parent / target).resolve() for target in _LINK.findall(page.read_text(encoding="utf-8")) if "://" not in target}
    return {path for path in found if path.is_file() and path.is_relative_to(ROOT)}
