import torch

from mmxkd.models.language.hinge import batchwise_hinge, paired_hinge

ONES = torch.ones(2, 3)


def test_by_hand():
    tokens = torch.tensor([[[1.0, 0.0]] * 3, [[0.0, 1.0]] * 3])
    clips = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    assert paired_hinge(tokens, clips, ONES, margin=1.0) == 0
    assert paired_hinge(tokens, clips.flip(0), ONES, margin=1.0) == 2
    assert paired_hinge(tokens, clips, ONES, margin=1.5) == 0.5
    assert batchwise_hinge(tokens, clips.flip(0), ONES, margin=1.0) == 2


def test_both_agree_on_pairs_and_on_one_clip_per_token():
    tokens, clips, mask = torch.randn(2, 3, 4), torch.randn(2, 4), torch.tensor([[1, 1, 0], [1, 0, 0]])
    torch.testing.assert_close(paired_hinge(tokens, clips, mask), batchwise_hinge(tokens, clips, mask))
    spread = clips[:, None].expand(-1, 3, -1)
    torch.testing.assert_close(batchwise_hinge(tokens, spread, mask), batchwise_hinge(tokens, clips, mask))


def test_an_odd_batch_repeats_its_last_sample():
    tokens, clips, mask = torch.randn(3, 2, 4), torch.randn(3, 4), torch.ones(3, 2)
    doubled = [torch.cat([side, side[-1:]]) for side in (tokens, clips, mask)]
    torch.testing.assert_close(paired_hinge(tokens, clips, mask), paired_hinge(*doubled))


def test_nothing_masked_in_is_zero():
    tokens = torch.randn(2, 3, 4, requires_grad=True)
    for hinge in (paired_hinge, batchwise_hinge):
        value = hinge(tokens, torch.randn(2, 4), ONES * 0)
        value.backward()
        assert value == 0
    assert (tokens.grad == 0).all()
    assert batchwise_hinge(tokens[:1], torch.randn(1, 4), ONES[:1]) == 0
