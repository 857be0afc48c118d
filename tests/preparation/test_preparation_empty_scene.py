"""The empty scene, and how few frames it is made from."""
import numpy as np

from ikp_mm.preparation import empty_scene as module
from ikp_mm.preparation.empty_scene import empty_scene, evenly_sampled


def numbered(count):
    return (np.full((2, 2, 3), t, np.uint8) for t in range(count))


def test_the_sample_is_even_and_bounded():
    for count, kept in ((3, [0, 1, 2]), (4, [0, 1, 2, 3]), (5, [0, 2, 4]), (8, [0, 2, 4, 6]),
                        (9, [0, 4, 8]), (17, [0, 8, 16])):
        assert [int(frame[0, 0, 0]) for frame in evenly_sampled(numbered(count), 4)] == kept


def test_large_frames_are_sampled_less(monkeypatch):
    monkeypatch.setattr(module, 'MAX_BYTES', 10 * 12)  # ten frames of 12 bytes
    assert len(evenly_sampled(numbered(100), 60)) <= 10


def test_light_is_followed():
    scene = np.full((8, 8, 3), 100, np.uint8)
    frames = [scene, (scene * 1.2).astype(np.uint8), (scene * 1.4).astype(np.uint8)]
    assert empty_scene(frames, 0.5, True)[0, 0, 0] == 120
    assert abs(int(empty_scene(frames, 0.5, False)[0, 0, 0]) - 100) <= 1
