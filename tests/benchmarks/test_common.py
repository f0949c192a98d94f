import argparse
import json

import pytest
import torch

from benchmarks.common import alternate, check_device, paired_ratio, peak_memory_mb, write_report


def test_runs_alternate_and_the_warm_up_is_not_counted():
    order = []
    seconds = alternate({"a": lambda: order.append("a"), "b": lambda: order.append("b")}, 2, "cpu")
    assert "".join(order) == "ba" + "ab" + "ba"
    assert {name: len(times) for name, times in seconds.items()} == {"a": 2, "b": 2}


def test_ratio_is_of_pairs_not_of_medians():
    assert paired_ratio([1.0, 4.0, 9.0], [2.0, 2.0, 3.0]) == {"median": 2.0, "lower_quartile": 1.25, "upper_quartile": 2.5}


def _allocate(megabytes: int):
    return lambda: torch.ones(megabytes * 250_000).sum()


def test_peak_memory_sees_what_a_run_needs():
    assert 95 < peak_memory_mb(_allocate, 100) < 140


@pytest.mark.skipif(torch.cuda.is_available(), reason="a CUDA device is there")
def test_missing_gpu_skips_with_a_message(capsys):
    with pytest.raises(SystemExit) as caught:
        check_device("cuda")
    assert caught.value.code == 0
    assert "skipped" in capsys.readouterr().out


def test_report_holds_machine_options_and_results_but_no_path(tmp_path):
    write_report(argparse.Namespace(rounds=3, out=tmp_path / "new" / "x.json"), [{"ratio": 0.5}])
    report = json.loads((tmp_path / "new" / "x.json").read_text())
    assert report["options"] == {"rounds": 3}
    assert report["results"] == [{"ratio": 0.5}]
    assert report["machine"]["torch"] == torch.__version__
    assert str(tmp_path) not in (tmp_path / "new" / "x.json").read_text()
