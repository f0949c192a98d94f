"""The card's commands on a small UCF101-layout folder, three CPU processes."""

import json
import sys

import numpy as np
import pytest
import torch

CONFIG = "configs/dvfl/ucf101_kd.py"


@pytest.mark.long
def test_three_processes_train_checkpoint_resume_and_test(run, small, teacher, tmp_path):
    options = ["--cfg-options", *small, f"model.teacher.checkpoint={teacher}"]
    work = tmp_path / "job"
    run("bash", "tools/dist_train.sh", CONFIG, "3", "--work-dir", work, *options, PORT="29611")
    checkpoint = torch.load(work / "epoch_2.pth", weights_only=True)
    assert not any("teacher" in key or key.startswith("student.") for key in checkpoint["state_dict"])
    assert checkpoint["meta"]["iter"] == 2 * 3  # 16 videos on 3 ranks in blocks of 2: 3 steps an epoch

    longer = [*options, "train_cfg.max_epochs=3"]
    done = run("bash", "tools/dist_train.sh", CONFIG, "3", "--work-dir", work, "--resume", *longer, PORT="29612")
    assert "epoch_2.pth" in done.stdout + done.stderr
    assert torch.load(work / "epoch_3.pth", weights_only=True)["meta"]["epoch"] == 3

    test_options = ["--cfg-options", *(item for item in small if not item.startswith(("train", "param", "model.teacher")))]
    dump = tmp_path / "predictions.npz"
    run("bash", "tools/dist_test.sh", CONFIG, work / "epoch_3.pth", "3", "--dump", dump, "--work-dir", work, *test_options, PORT="29613")
    with np.load(dump) as predictions:
        assert sorted(predictions["index"].tolist()) == list(range(8))
    one = tmp_path / "one.npz"
    run(sys.executable, "tools/test.py", CONFIG, work / "epoch_3.pth", "--dump", one, "--work-dir", work, *test_options)
    with np.load(dump) as several, np.load(one) as single:
        order = np.argsort(several["index"])
        np.testing.assert_allclose(several["pred_score"][order], single["pred_score"][np.argsort(single["index"])], atol=1e-6)


@pytest.mark.long
def test_two_nodes_of_one_process_on_loopback(run, small, teacher, tmp_path):
    """`NNODES`, `NODE_RANK` and `MASTER_ADDR` as on two machines."""
    import threading

    options = ["--cfg-options", *small, f"model.teacher.checkpoint={teacher}", "train_cfg.max_epochs=1"]
    results = {}

    def node(rank):
        env = dict(NNODES="2", NODE_RANK=str(rank), MASTER_ADDR="127.0.0.1", PORT="29614")
        results[rank] = run("bash", "tools/dist_train.sh", CONFIG, "1", "--work-dir", tmp_path / "nodes", *options, check=False, **env)

    threads = [threading.Thread(target=node, args=(rank,)) for rank in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [results[rank].returncode for rank in (0, 1)] == [0, 0], results[0].stderr[-2000:] + results[1].stderr[-2000:]
    assert (tmp_path / "nodes" / "epoch_1.pth").is_file()


def test_without_data_and_teacher_one_message_and_no_traceback(run, tmp_path):
    done = run(
        "bash",
        "tools/dist_train.sh",
        CONFIG,
        "3",
        "--work-dir",
        tmp_path,
        "--cfg-options",
        "train_dataloader.dataset.data_root=/nowhere",
        check=False,
    )
    assert done.returncode == 2
    output = done.stdout + done.stderr
    assert "Traceback" not in output
    assert output.count("error:") == 1
    assert "train_dataloader.dataset.data_root" in output
    assert "model.teacher.checkpoint" in output
    assert "tools/dist_train.sh configs/dvfl/ucf101_teacher_b.py 3" in output


@pytest.mark.long
def test_flops_of_a_distillation_config_need_no_file(run, tmp_path):
    out = tmp_path / "flops.json"
    done = run(sys.executable, "tools/get_flops.py", CONFIG, "--json", out)
    costs = json.loads(out.read_text())
    assert costs["student"]["params"] == 22_214_723
    assert costs["teacher"]["params"] == 157_082_741
    assert costs["student"]["gmacs"] == pytest.approx(27.216, rel=0.01)
    assert costs["teacher"]["gmacs"] == pytest.approx(220.927, rel=0.01)
    assert "8.12x" in done.stdout


def test_a_head_for_other_classes_is_one_line(run, small, teacher, tmp_path):
    options = [
        *small,
        f"model.teacher.checkpoint={teacher}",
        "model.student.head.num_classes=5",
        "model.student.data_preprocessor.mix.num_classes=5",
    ]
    done = run(sys.executable, "tools/train.py", CONFIG, "--work-dir", tmp_path, "--cfg-options", *options, check=False)
    assert done.returncode == 2
    assert "error: model head.num_classes=5, but train_dataloader.dataset has 4 classes" in done.stderr
    assert "Traceback" not in done.stderr
