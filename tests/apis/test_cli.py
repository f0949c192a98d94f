import pytest
import torch
from torch.utils.data import DataLoader, Dataset

import mmxkd
from mmxkd.apis.cli import describe, run_cli
from mmxkd.errors import ConfigError, DataError, PreemptedError


def refuse():
    raise ConfigError("model.width=0; accepted: at least 1")


def test_user_errors_are_one_line_and_status_2(capsys, monkeypatch):
    monkeypatch.delenv("RANK", raising=False)
    with pytest.raises(SystemExit) as stop:
        run_cli(refuse)
    assert stop.value.code == 2
    assert capsys.readouterr().err == "error: model.width=0; accepted: at least 1\n"


def test_a_stopped_run_is_no_error_but_says_so(capsys, monkeypatch):
    def stop():
        raise PreemptedError("stopped by SIGTERM after step 3")

    monkeypatch.delenv("RANK", raising=False)
    with pytest.raises(SystemExit) as ended:
        run_cli(stop)
    assert ended.value.code == 143
    assert capsys.readouterr().err == "stopped by SIGTERM after step 3\n"


@pytest.mark.parametrize("library", ["libGL", "libxcb"])
def test_a_missing_system_library_is_said_with_its_remedy(capsys, monkeypatch, library):
    def need_display():
        raise ImportError(f"{library}.so.1: cannot open shared object file: No such file or directory", name="cv2")

    monkeypatch.delenv("RANK", raising=False)
    with pytest.raises(SystemExit) as ended:
        run_cli(need_display)
    assert ended.value.code == 2
    error = capsys.readouterr().err
    assert error.startswith(f"error: OpenCV needs {library}, which this machine lacks. ")
    assert "pip install --no-deps opencv-contrib-python-headless" in error
    monkeypatch.setattr("mmxkd.import_module", lambda name: need_display())
    with pytest.raises(ImportError, match="opencv-contrib-python-headless"):
        mmxkd.Inferencer  # noqa: B018
    with pytest.raises(ImportError, match="nothing of the kind"):
        run_cli(lambda: (_ for _ in ()).throw(ImportError("nothing of the kind")))


def test_other_errors_keep_their_traceback(monkeypatch):
    monkeypatch.delenv("RANK", raising=False)
    with pytest.raises(ZeroDivisionError):
        run_cli(lambda: 1 / 0)
    run_cli(lambda: None)


@pytest.mark.parametrize(("main", "status"), [(refuse, 2), (lambda: None, 0)])
@pytest.mark.parametrize(("rank", "patience"), [("0", 0), ("1", 3.0)])
def test_processes_of_a_launcher_leave_at_once_and_rank_0_speaks_first(main, status, rank, patience, monkeypatch, in_child, tmp_path):
    waited = []
    monkeypatch.setenv("RANK", rank)
    monkeypatch.setattr("time.sleep", lambda seconds: (tmp_path / "waited").write_text(str(seconds)))
    assert in_child(run_cli, main) == status
    if (tmp_path / "waited").exists():
        waited.append(float((tmp_path / "waited").read_text()))
    assert waited == ([patience] if patience and status else [])


class Broken(Dataset):
    def __len__(self):
        return 1

    def __getitem__(self, index):
        raise DataError("list.txt:3: label 9: out of range")


def test_errors_of_a_worker_are_told_without_its_traceback():
    torch.set_num_threads(1)
    with pytest.raises(DataError) as error:
        next(iter(DataLoader(Broken(), num_workers=1)))
    assert "Traceback" in str(error.value)
    assert describe(error.value) == "list.txt:3: label 9: out of range"
    assert describe(DataError("Caught nothing")) == "Caught nothing"
