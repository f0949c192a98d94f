import pytest
from mmengine.fileio import get_file_backend

from mmxkd.engine.storage import AtomicBackend


def test_a_write_that_fails_leaves_the_former_file(tmp_path, monkeypatch):
    backend = get_file_backend(str(tmp_path), backend_args=dict(backend="atomic"))
    assert isinstance(backend, AtomicBackend)
    target = tmp_path / "new" / "a.pth"
    backend.put(b"first", str(target))
    monkeypatch.setattr("os.replace", lambda *args: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        backend.put(b"second", str(target))
    assert target.read_bytes() == b"first"
