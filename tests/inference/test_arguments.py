import argparse

import pytest

from ikp_mm.inference import add_source_arguments, from_arguments


def parsed(*words):
    parser = argparse.ArgumentParser()
    add_source_arguments(parser)
    return from_arguments(parser.parse_args(words))


def test_whole_frame_unless_said_otherwise():
    found = parsed('a.png', '--step', '2', '--batch-size', '4', '--smooth', '0')
    assert (found.inputs, found.crop, found.step, found.batch_size, found.smooth) == (
        ['a.png'], 'whole', 2, 4, 0)


def test_crop_options_and_boxes():
    found = parsed('a.mp4', '--crop', 'face', '--crop-options', 'min_face=0.1')
    assert found.crop == 'face' and found.crop_options == {'min_face': 0.1}
    found = parsed('a.mp4', '--boxes', 'boxes.csv', '--margin', '1.5')
    assert found.crop == 'boxes' and str(found.boxes) == 'boxes.csv' and found.margin == 1.5


@pytest.mark.parametrize('words', [('--crop', 'boxes'), ('--crop', 'face', '--boxes', 'b.csv')])
def test_boxes_and_their_crop_go_together(words):
    with pytest.raises(ValueError, match='--boxes FILE goes with --crop boxes'):
        parsed('a.mp4', *words)
