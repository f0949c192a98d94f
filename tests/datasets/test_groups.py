import pytest

from mmxkd.datasets.groups import group_of, recording_group, source_of


@pytest.mark.parametrize(
    ("path", "group", "source", "recording"),
    [
        ("train/YoYo/v_YoYo_g07_c03.avi", 7, None, "YoYo/g07"),
        ("HandstandPushups/v_HandStandPushups_g25_c01.mp4", 25, None, "HandstandPushups/g25"),
        ("smoke/A_Beautiful_Mind_5_smoke_u_nm_np1_fr_goo_10.avi", None, "A_Beautiful_Mind_5", "smoke/A_Beautiful_Mind_5"),
        ("climb_stairs/#20_x_climb_stairs_f_cm_np10_ba_med_2.avi", None, "#20_x", "climb_stairs/#20_x"),
        ("fight/fi001.mp4", None, None, None),
        ("Bag_g01/clip.avi", None, None, None),
    ],
)
def test_names(path, group, source, recording):
    assert group_of(path) == group
    assert source_of(path) == source
    assert recording_group(path) == recording
