import errno

import pytest
from mmengine.fileio import get_file_backend

from mmxkd.errors import ResourceError
from mmxkd.storage import AtomicBackend


def test_a_write_that_fails_leaves_the_former_file(tmp_path, monkeypatch):
    backend = get_file_backend(str(tmp_path), backend_args=dict(backend="atomic"))
    assert isinstance(backend, AtomicBackend)
    target = tmp_path / "new" / "a.pth"
    backend.put(b"first", str(target))
    monkeypatch.setattr("os.replace", lambda *args: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        backend.put(b"second", str(target))
    assert target.read_bytes() == b"first"


def test_a_full_disk_is_said_and_leaves_the_former_file(tmp_path, monkeypatch):
    target = tmp_path / "a.pth"
    AtomicBackend().put(b"first", str(target))

    def fail(*args):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.replace", fail)
    with pytest.raises(ResourceError, match=r"a\.pth: no space left .* --resume"):
        AtomicBackend().put(b"second", str(target))
    assert [path.name for path in tmp_path.iterdir()] == ["a.pth"]
    assert target.read_bytes() == b"first"
