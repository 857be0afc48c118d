"""Progress: a line every ten seconds, and the time that is left."""
from types import SimpleNamespace

from ikp_mm.preparation.progress import Progress


def test_says_how_much_is_done_and_left():
    lines, now = [], [0.0]
    videos = [SimpleNamespace(expected_frames=lambda: 100), SimpleNamespace(
        expected_frames=lambda: 150)]
    progress = Progress(videos, 2, lines.append, lambda: now[0])  # 250 frames, four passes
    progress.at(10)
    assert lines == []
    now[0] = 10.0
    progress.at(9)  # too little to tell
    progress.at(100)
    now[0] = 15.0
    progress.at(150)  # too soon
    now[0] = 100.0
    progress.at(500)
    assert lines == ['    10 % of the frames of all videos, about 1 min 30 s to go',
                     '    50 % of the frames of all videos, about 1 min 40 s to go']


def test_unknown_lengths_say_nothing():
    lines, now = [], [0.0]
    progress = Progress([SimpleNamespace(expected_frames=lambda: 0)], 1, lines.append,
                        lambda: now[0])
    now[0] = 60.0
    progress.at(100)
    assert lines == []
