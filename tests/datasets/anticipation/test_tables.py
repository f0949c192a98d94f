import gzip

import numpy as np
import pytest

from mmxkd.datasets.anticipation import (
    BreakfastTable,
    CsvTable,
    EgteaTable,
    Epic55Table,
    Epic100Table,
    FiftySaladsTable,
    RulstmTable,
    build_table,
)
from mmxkd.datasets.anticipation.shift import anticipate
from mmxkd.errors import ConfigError, DataError


def test_rulstm_rows_come_in_the_order_of_time_with_plain_uids_and_seconds(rulstm):
    table = RulstmTable(str(rulstm)).table
    rows = table.split("training")
    assert [row.uid for row in rows] == ["3", "4", "7", "9", "11"]
    assert (rows[0].start, rows[0].stop, rows[0].verb, rows[0].noun, rows[0].action, rows[0].row) == (4.0, 6.0, 0, 1, 0, 1)
    assert [row.uid for row in table.complete if row.video == "P01"] == ["3", "4", "5", "7"]
    vocabulary = table.vocabulary
    assert vocabulary.names[0] == " take_pan"
    assert vocabulary.label_map.classes[1] == "wash_board:chopping:wood"
    assert vocabulary.verbs.classes == ("take", "wash", "turn-on", "put")
    assert len(vocabulary.nouns) == 5
    assert any("5 segments of 4 actions in 2 videos" in line for line in table.summary())


def test_gzipped_files_and_the_same_hash(rulstm):
    plain = RulstmTable(str(rulstm)).table
    path = rulstm / "training.csv"
    (rulstm / "training.csv.gz").write_bytes(gzip.compress(path.read_bytes()))
    path.unlink()
    packed = RulstmTable(str(rulstm))
    assert packed.table.splits == plain.splits
    assert packed.table.label_map.hash == plain.label_map.hash
    assert all(need.path.endswith("training.csv.gz") for need in packed.required_paths() if need.key == "table.training")


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("training", "00009", "00007", r"uid '7' occurs twice"),
        ("training", "0001\n", "0009\n", r"uid '7': action 9; accepted: 0\.\.3"),
        ("training", "001, 002", "000, 002", r"uid '7': verb and noun \(0, 2\).*action 1 \(1, 2\)"),
        ("training", "0000000120", "early", r"training\.csv:2: number 'early' is no whole number"),
        ("training", ", 0000\n", "\n", r"training\.csv:2: 6 fields; accepted: 7"),
        ("actions", "2, turn", "5, turn", r"actions\.csv:4: action id 5; accepted: 2"),
    ],
)
def test_malformed_tables(rulstm, file, old, new, message):
    path = rulstm / f"{file}.csv"
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(DataError, match=message):
        _ = RulstmTable(str(rulstm)).table


def test_rows_outside_their_video_are_counted_and_limited(rulstm):
    (rulstm / "videos.csv").write_text("video,duration\nP01,19.0\nP02,100\nP03,100\n")
    with pytest.raises(
        DataError, match=r"1 of 7 rows cannot be used \(1 start after their video ends\); the limit is table\.max_dropped=0\.01"
    ):
        _ = RulstmTable(str(rulstm), durations="videos.csv").table
    table = RulstmTable(str(rulstm), durations="videos.csv", max_dropped=0.2).table
    assert [row.uid for row in table.split("training")] == ["3", "4", "9", "11"]
    assert "left out: 1 rows that start after their video ends" in table.summary()


def test_held_out_videos_come_from_training_alone(rulstm):
    table = RulstmTable(str(rulstm), held_out=0.5).table
    fit, held = ({row.video for row in table.split(name)} for name in ("fit", "held_out"))
    assert sorted(fit | held) == ["P01", "P02"]
    assert not fit & held
    with pytest.raises(ConfigError, match=r"dataset\.split='test'; .* has 'training', 'validation', 'fit', 'held_out'"):
        table.split("test")


def test_epic55_reads_seconds_and_counts_rows_it_cannot_use(tmp_path, rulstm):
    for name in ("training", "validation"):
        (rulstm / f"{name}_videos.csv").write_text({"training": "P01\nP02\n", "validation": "P03\n"}[name])
    for part, names in (("verb", ["take", "wash", "turn-on", "put"]), ("noun", ["none", "pan", "board", "tap", "plate"])):
        rows = "".join(f"{k},{name},\"['{name}']\"\n" for k, name in enumerate(names))
        (rulstm / f"EPIC_{part}_classes.csv").write_text(f"{part}_id,class_key,x\n{rows}")
    header = "uid,participant_id,video_id,narration,start_timestamp,stop_timestamp,verb,verb_class,noun,noun_class\n"
    rows = [
        "12,P01,P01,take pan,00:01:04.50,00:01:05.25,take,0,pan,1",
        "13,P03,P03,put plate,00:00:01.00,00:00:02.00,put,3,plate,4",
        "14,P09,P09,take pan,00:00:01.00,00:00:02.00,take,0,pan,1",
        "15,P01,P01,take tap,00:00:01.00,00:00:02.00,take,0,tap,3",
    ]
    (rulstm / "EPIC_train_action_labels.csv").write_text(header + "\n".join(rows) + "\n")
    table = Epic55Table(str(rulstm), max_dropped=0.5).table
    assert [(row.uid, row.start, row.stop, row.action) for row in table.split("training")] == [("12", 64.5, 65.25, 0)]
    assert [row.uid for row in table.split("validation")] == ["13"]
    assert table.dropped == {"are in no video list": 1, "have a verb and noun that make no known action": 1}


def test_epic100_numbers_the_pairs_of_both_splits(tmp_path):
    for part in ("verb", "noun"):
        (tmp_path / f"EPIC_100_{part}_classes.csv").write_text("id,key,instances,category\n0,a,x,x\n1,b,x,x\n")
    header = "narration_id,video_id,start_timestamp,stop_timestamp,verb_class,noun_class\n"
    (tmp_path / "EPIC_100_train.csv").write_text(header + "P01_01_0,P01_01,00:00:01.0,00:00:02.0,1,0\n")
    (tmp_path / "EPIC_100_validation.csv").write_text(header + "P02_01_0,P02_01,00:00:01.0,00:00:02.0,0,1\n")
    table = Epic100Table(str(tmp_path)).table
    assert table.label_map.classes == ("a_b", "b_a")
    assert table.split("training")[0].action == 1
    assert table.split("training")[0].uid == "P01_01_0"


def test_egtea_names_and_folds(tmp_path):
    (tmp_path / "actions.csv").write_text("0, 0_0, Inspect/Read_recipe\n1, 1_1, Turn on_faucet\n")
    (tmp_path / "training2.csv").write_text("7,V,30,60,1,1,1\n2,V,0,30,0,0,0\n")
    (tmp_path / "validation2.csv").write_text("3,V,90,120,0,0,0\n")
    table = EgteaTable(str(tmp_path), fold=2).table
    assert [row.uid for row in table.split("training")] == ["2", "7"]
    assert table.vocabulary.verbs.classes == ("Inspect/Read", "Turn on")
    assert table.vocabulary.style == "egtea"


@pytest.fixture
def framewise(tmp_path):
    (tmp_path / "groundTruth").mkdir()
    (tmp_path / "splits").mkdir()
    (tmp_path / "mapping.txt").write_text("0 action_start\n1 cut_tomato\n2 peel\n")
    (tmp_path / "groundTruth/a.txt").write_text("action_start\n" * 3 + "cut_tomato\n" * 6 + "peel\n" * 3)
    (tmp_path / "groundTruth/b.txt").write_text("peel\n" * 15001 + "cut_tomato\n" * 3)
    (tmp_path / "splits/train.split1.bundle").write_text("b.txt\n")
    (tmp_path / "splits/test.split1.bundle").write_text("a.txt\n")
    return tmp_path


def test_runs_of_equal_labels_are_segments(framewise):
    table = FiftySaladsTable(str(framewise)).table
    rows = table.split("validation")
    assert [(row.uid, row.start, row.stop) for row in rows] == [
        ("1", float(np.float32(0.1)), float(np.float32(0.3))),
        ("2", float(np.float32(0.3)), float(np.float32(0.4))),
    ]
    assert [row.uid for row in table.split("training")] == ["3", "4"]
    assert table.label_map.classes == ("cut_tomato", "peel")
    assert (rows[1].verb, rows[1].noun) == (1, -1)
    assert len(BreakfastTable(str(framewise)).table.label_map) == 3


def test_published_times_are_rounded_to_half_precision(framewise):
    times = {kind: FiftySaladsTable(str(framewise), time_type=kind).table.split("training")[1].start for kind in ("float32", "float16")}
    assert abs(times["float32"] - 15001 / 30) < 1e-4
    assert times["float16"] == 500.0
    with pytest.raises(ConfigError, match="time_type='int8'; accepted: float32, float16"):
        FiftySaladsTable(str(framewise), time_type="int8")


def test_unknown_frame_labels(framewise):
    (framewise / "mapping.txt").write_text("0 action_start\n1 cut_tomato\n")
    with pytest.raises(DataError, match=r"a\.txt:10: label 'peel' is not in mapping\.txt"):
        _ = FiftySaladsTable(str(framewise)).table


OWN = "video,start,stop,verb,noun\na,1.5,00:00:03,open,door\na,4,5,wave,\nb,0,1,open,box\nc,0,1,open,door\n"


def test_a_table_of_ones_own(tmp_path):
    (tmp_path / "mine.csv").write_text(OWN)
    table = CsvTable(str(tmp_path), "mine.csv", validation_share=0.34).table
    assert table.label_map.classes == ("open_box", "open_door", "wave")
    assert table.vocabulary.action_noun.tolist() == [0, 1, -1]
    videos = {name: {row.video for row in rows} for name, rows in table.splits.items()}
    assert len(videos["validation"]) == 1
    assert not videos["validation"] & videos["training"]
    assert {row.uid for row in table.complete} == {"0", "1", "2", "3"}
    assert next(row for row in table.complete if row.uid == "0")[2:4] == (1.5, 3.0)


def test_own_uids_and_splits(tmp_path):
    rows = OWN.splitlines()
    lines = [f"{rows[0]},uid,split"] + [f"{row},00{n},{'validation' if n == 2 else 'training'}" for n, row in enumerate(rows[1:])]
    (tmp_path / "segments.csv").write_text("\n".join(lines))
    table = CsvTable(str(tmp_path)).table
    assert [row.uid for row in table.split("validation")] == ["2"]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("noun\n", "thing\n", r"no column noun; its header is video, start, stop, verb, thing"),
        ("1.5", "soon", r"segments\.csv:2: time 'soon'; accepted: seconds or HH:MM:SS\.ss"),
        ("wave", "", r"segments\.csv:3: video and verb must not be empty"),
        ("b,0,1,open,box\nc,0,1,open,door\n", "", r"1 videos are too few"),
    ],
)
def test_malformed_tables_of_ones_own(tmp_path, old, new, message):
    (tmp_path / "segments.csv").write_text(OWN.replace(old, new))
    with pytest.raises(DataError, match=message):
        _ = CsvTable(str(tmp_path)).table


def test_a_segment_that_stops_before_it_starts(tmp_path):
    (tmp_path / "segments.csv").write_text(OWN.replace("a,4,5", "a,5,4"))
    with pytest.raises(DataError, match="1 of 4 rows cannot be used"):
        _ = CsvTable(str(tmp_path)).table


def test_no_such_table():
    with pytest.raises(ConfigError, match=r"'EpicTable' is no annotation table; accepted: .*Epic55Table"):
        build_table(dict(type="EpicTable", root="x"))
    with pytest.raises(ConfigError, match="fold"):
        build_table(dict(type="Epic55Table", fold=1))


def test_shift_and_its_three_ways_to_drop(rulstm):
    rows = RulstmTable(str(rulstm)).table.split("training")
    kept = {
        style: [seen.segment.uid for seen in anticipate(rows, 1.0, 5.0, style).kept]
        for style in ("correct", "full_context_in", "action_banks")
    }
    assert kept == {"correct": ["3", "4", "7", "11"], "full_context_in": ["4", "7", "11"], "action_banks": ["3", "4", "7", "11"]}
    shifted = anticipate(rows, 1.0, 5.0)
    assert (shifted.kept[0].start, shifted.kept[0].stop) == (-2.0, 3.0)
    assert [row.uid for row in shifted.dropped] == ["9"]
    with pytest.raises(ConfigError, match="drop_style='wrong'"):
        anticipate(rows, 1.0, 5.0, "wrong")


def test_real_annotations(shared):
    data = shared / "data"
    official = Epic55Table(str(data / "epic55"), durations="EPIC_video_info.csv").table
    frames = RulstmTable(str(data / "epic55")).table
    assert {name: len(rows) for name, rows in official.splits.items()} == {"training": 23493, "validation": 4979}
    assert official.label_map.hash == frames.label_map.hash
    assert (len(official.vocabulary), len(official.vocabulary.verbs), len(official.vocabulary.nouns)) == (2513, 125, 352)
    assert {row.uid for row in official.complete} == {row.uid for row in frames.complete}
    assert [len(anticipate(official.split(name), 1.0, 5.0).kept) for name in ("training", "validation")] == [23430, 4969]
    egtea = EgteaTable(str(data / "egtea")).table
    assert [len(anticipate(egtea.split(name), 0.5, 10.0).kept) for name in ("training", "validation")] == [8299, 2022]
