"""What synthetic clip sources share, on clips of plain grey."""
import numpy as np
import pytest

from ikp_mm.synthetic.rendered_clips import SPLITS, RenderedClips, check_seed, clip_rng


class GreyClips(RenderedClips):
    """Two clips of three frames; frame t of clip i has grey level 10 i + t."""

    def __init__(self, image_size: int = 16) -> None:
        points = np.arange(2 * 3 * 4 * 2).reshape(2, 3, 4, 2) / 48
        super().__init__(points, image_size, 'grey')
        self.drawn: list[int] = []

    def _render(self, i):
        self.drawn.append(i)
        levels = (10 * i + np.arange(3)).astype(np.uint8)
        return (np.broadcast_to(levels[:, None, None, None], (3, 16, 16, 3)).copy(),
                np.full((16, 16, 3), 99, np.uint8))


def test_frames_are_drawn_once_and_when_asked_for():
    clips = GreyClips()
    assert (len(clips), clips.num_frames(1), clips.name(1), clips.drawn) == (2, 3, 'grey_00001', [])
    assert (clips.frame(1, 2) == 12).all() and (clips.frame(1, 0) == 10).all()
    assert (clips.true_background(1) == 99).all() and clips.background(1) is None
    assert clips.drawn == [1]


def test_keypoints_are_pixels():
    # Point 5 of frame order: clip 0, frame 1, point 0 is (8, 9) / 48 of 16 pixels.
    np.testing.assert_allclose(GreyClips().keypoints(0)[1, 0], [8 / 3, 3], rtol=1e-6)


def test_frames_cannot_be_overwritten():
    clips = GreyClips()
    for image in (clips.frame(0, 0), clips.true_background(0)):
        with pytest.raises(ValueError, match='read-only'):
            image[:] = 0


def test_bad_indices_and_sizes_are_refused():
    clips = GreyClips()
    with pytest.raises(IndexError, match='0 to 1, got 2'):
        clips.frame(2, 0)
    with pytest.raises(IndexError, match='got -1'):
        clips.background(-1)
    with pytest.raises(IndexError, match='grey_00000 has frames 0 to 2, got 3'):
        clips.frame(0, 3)
    with pytest.raises(ValueError, match='image_size'):
        GreyClips(image_size=15)


def test_streams_are_independent_and_seeds_checked():
    draws = {clip_rng(seed, split, clip, stream).random()
             for seed in (0, 1) for split in SPLITS for clip in (0, 1) for stream in (0, 1)}
    assert len(draws) == 2 * 4 * 2 * 2
    assert clip_rng(0, 'val', 1, 2).random() == clip_rng(0, 'val', 1, 2).random()
    with pytest.raises(ValueError, match='seed must lie in'):
        check_seed(2 ** 32, 'train')
    with pytest.raises(ValueError, match='split must be one of train, prior, val, test'):
        check_seed(0, 'training')
