"""Fetching a file: resumable, checked, there whole or not at all."""

import hashlib
import os
import urllib.error
import urllib.request
from pathlib import Path

from mmengine.logging import print_log

from mmxkd.errors import DataError

_CHUNK = 1 << 20
_TIMEOUT = 60


def sha256_of(path: str | Path) -> str:
    """Return the hex digest of a file."""
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def download(url: str, target: str | Path, sha256: str | None = None) -> Path:
    """Fetch ``url`` into ``target``; what an interrupted call left in ``target.part`` is continued.

    Args:
        url: of the file.
        target: file to write; one that is there, and has the digest if one is given, is taken as it is.
        sha256: expected hex digest; without it only the announced length is checked, and a warning says so.

    Raises:
        DataError: the server does not give the file, or what came has another length or digest (it is then removed).
    """
    target = Path(target)
    if target.is_file() and (sha256 is None or sha256_of(target) == sha256):
        return target
    if sha256 is None:
        print_log(f"{url}: no checksum given, only its length is checked", "current", 30)
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f"{target.name}.part")
    _fetch(url, part)
    if sha256 is not None and (found := sha256_of(part)) != sha256:
        part.unlink()
        raise DataError(f"{url}: sha256 {found}, expected {sha256}; removed, start again")
    os.replace(part, target)
    return target


def _fetch(url: str, part: Path) -> None:
    """Append what is missing of ``url`` to ``part``."""
    done = part.stat().st_size if part.is_file() else 0
    request = urllib.request.Request(url, headers={"Range": f"bytes={done}-"} if done else {})
    try:
        with urllib.request.urlopen(request, timeout=_TIMEOUT) as response:
            # A server that does not know ranges sends the whole file again.
            mode = "ab" if response.status == 206 else "wb"
            expected = (done if mode == "ab" else 0) + int(response.headers.get("Content-Length") or -1)
            with open(part, mode) as file:
                while chunk := response.read(_CHUNK):
                    file.write(chunk)
    except urllib.error.HTTPError as error:
        if error.code == 416 and done:  # nothing is missing
            return
        raise DataError(f"{url}: the server answers {error.code} {error.reason}") from None
    except (urllib.error.URLError, ValueError, OSError) as error:
        raise DataError(f"{url}: cannot be fetched ({error}); start again to continue with {part}") from None
    if expected >= 0 and part.stat().st_size < expected:
        raise DataError(f"{url}: {part.stat().st_size} of {expected} bytes came; start again to continue with {part}")
