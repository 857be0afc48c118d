import torch

from ikp_mm.structures import FramePairs


def test_length_of_a_batch_of_pairs():
    frames = torch.zeros(3, 3, 4, 4)
    assert len(FramePairs(frames, frames, frames, torch.ones(3, 1, 4, 4))) == 3
