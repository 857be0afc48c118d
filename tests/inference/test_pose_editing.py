import json
import cv2
import numpy as np
import pytest
import torch
from mmpose.registry import MODELS

from ikp_mm.inference.pose_editing import (Move, PoseEditor, edit, moved, parse_move,
                                           parse_sweep, read_picture, sweep_poses)
from ikp_mm.skeletons import MOUSE4
from tiny_checkpoint import save_tiny, tiny_config

POSE = np.array([[0.5, 0.2], [0.4, 0.3], [0.6, 0.3], [0.5, 0.8]])


@pytest.fixture(scope='module')
def checkpoint(tmp_path_factory):
    return save_tiny(tmp_path_factory.mktemp('model') / 'tiny.pth')


@pytest.fixture(scope='module')
def editor(checkpoint):
    return PoseEditor(checkpoint)


@pytest.fixture
def image(tmp_path):
    path = tmp_path / 'mouse.png'
    cv2.imwrite(str(path), np.random.default_rng(0).integers(0, 256, (20, 20, 3), np.uint8))
    return path


def test_moves_are_read():
    assert parse_move('snout=+0.1,-0.2') == Move('snout', 0.1, -0.2, True)
    assert parse_move('snout=0.1,-.2') == Move('snout', 0.1, -0.2, True)
    assert parse_move('snout=0.3,0.4') == Move('snout', 0.3, 0.4, False)
    assert parse_sweep('snout=-0.2,0:0.2,0') == (Move('snout', -0.2, 0, True),
                                                 Move('snout', 0.2, 0, True))


@pytest.mark.parametrize('text', ['snout', 'snout=1', 'snout=a,b', '=0.1,0.2', 'snout=0.1,0.2,0.3'])
def test_what_is_no_move(text):
    with pytest.raises(ValueError, match='a move is JOINT='):
        parse_move(text)


def test_places_are_fractions():
    with pytest.raises(ValueError, match='fractions of the frame, 0 to 1'):
        parse_move('snout=30,40')
    with pytest.raises(ValueError, match='a sweep is JOINT='):
        parse_sweep('snout=0.1,0.2')


def test_joints_move_by_and_to():
    after = moved(POSE, [parse_move('snout=+0.1,-0.1'), parse_move('tailbase=0.1,0.9'),
                         parse_move('snout=+0,+0.3')], MOUSE4)
    assert np.allclose(after, [[0.6, 0.4], [0.4, 0.3], [0.6, 0.3], [0.1, 0.9]])
    assert POSE[0].tolist() == [0.5, 0.2]


def test_unknown_joint_lists_the_known():
    with pytest.raises(ValueError, match="no joint 'nose'; its joints are .*'snout'"):
        moved(POSE, [parse_move('nose=+0.1,0')], MOUSE4)


def test_sweep_goes_there_and_back():
    poses = sweep_poses(POSE, [parse_sweep('snout=-0.2,0:0.2,0.4'),
                               parse_sweep('tailbase=0,0:0,-0.2')], 4, MOUSE4)
    assert np.allclose([pose[0] for pose in poses], [[0.3, 0.2], [0.5, 0.4], [0.7, 0.6],
                                                     [0.5, 0.4]])
    assert np.allclose([pose[3] - POSE[3] for pose in poses], [[0, 0], [0, -0.1], [0, -0.2],
                                                               [0, -0.1]])
    assert all(np.array_equal(pose[1:3], POSE[1:3]) for pose in poses)
    with pytest.raises(ValueError, match='at least 2 frames'):
        sweep_poses(POSE, [parse_sweep('snout=0,0:1,1')], 1, MOUSE4)


def test_editor_is_the_full_models_translation(checkpoint, editor):
    """Found, drawn and painted as KeypointGAN.translate does it."""
    full = MODELS.build(tiny_config().model.to_dict())
    full.load_state_dict(torch.load(checkpoint, weights_only=True)['state_dict'])
    full.eval()
    pictures = np.random.default_rng(1).integers(0, 256, (2, 16, 16, 3), np.uint8)
    images = full.normalise(torch.from_numpy(pictures.transpose(0, 3, 1, 2).copy()))
    with torch.no_grad():
        out = full.translate(images[:1], images[1:])
    found = editor.find(pictures[0])
    drawn, rendered = editor.draw(found, pictures[1])
    assert np.allclose(2 * found - 1, out.keypoints[0].numpy(), atol=1e-5)
    assert np.allclose(rendered, out.rendered[0, 0].numpy(), atol=1e-4)
    theirs = full.to_rgb(out.reconstructions)[0].flip(0).clamp(0, 255).permute(1, 2, 0).numpy()
    assert np.abs(drawn - theirs).max() < 0.51


def test_background_is_filled(checkpoint):
    config = tiny_config()
    config.train_dataloader = dict(dataset=dict(
        background=dict(source='given', threshold=10, softness=0, blur=0, fill=127)))
    editor = PoseEditor(checkpoint, config)
    assert editor.fills_background
    empty = np.full((16, 16, 3), 50, np.uint8)
    picture = empty.copy()
    picture[4:8, 4:8] = 200
    filled = editor.without_background(picture, empty)
    assert np.all(filled[4:8, 4:8] == 200)
    filled[4:8, 4:8] = 127
    assert np.all(filled == 127)


def test_slim_checkpoint_is_refused(tmp_path):
    path = save_tiny(tmp_path / 'slim.pth', detector_only=True)
    with pytest.raises(ValueError, match='no Psi to draw pictures with.*not a slim one'):
        PoseEditor(path)


def test_files_are_written_and_not_overwritten(editor, image, tmp_path):
    picture = read_picture(editor, str(image), None)
    out = tmp_path / 'out'
    sweeps = [parse_sweep('snout=-0.2,0:0.2,0'), parse_sweep('tailbase=0,0:0,0.1')]
    files = edit(editor, picture, out, [parse_move('snout=+0.1,0')], sweeps, frames=3,
                 appearance=picture)
    assert [file.name for file in files] == ['panel.png', 'poses.json', 'sweep.gif', 'sweep.mp4']
    capture = cv2.VideoCapture(str(files[3]))
    assert capture.get(cv2.CAP_PROP_FRAME_COUNT) == 3
    record = json.loads(files[1].read_text())
    poses = sweep_poses(np.array(list(record['moved'].values())), sweeps, 3, MOUSE4)
    off = np.mean([np.linalg.norm(editor.find(editor.draw(pose, picture.look)[0]) - pose, axis=1)
                   for pose in poses], axis=0)
    assert list(record['swept_joints_off']) == ['snout', 'tailbase']
    assert np.allclose(list(record['swept_joints_off'].values()), off[[0, 3]], atol=2e-3)
    # Three rows (as it is, other look, moved) of cells of 256.
    assert cv2.imread(str(files[0])).shape[0] > 3 * 256
    with pytest.raises(FileExistsError, match='is there already'):
        edit(editor, picture, out)
    with pytest.raises(ValueError, match="no joint 'nose'"):
        edit(editor, picture, out, [parse_move('nose=+0.1,0')], overwrite=True)
    assert all(file.is_file() for file in files)  # what cannot be replaced stays
    assert len(edit(editor, picture, out, overwrite=True)) == 2


def test_pictures_that_cannot_be_used(editor, image, tmp_path):
    cv2.imwrite(str(tmp_path / 'empty.png'), np.zeros((10, 20, 3), np.uint8))
    with pytest.raises(ValueError, match='is 20 x 20, its background 20 x 10'):
        read_picture(editor, str(image), str(tmp_path / 'empty.png'))
    with pytest.raises(ValueError, match="crop 'face' found nothing"):
        read_picture(editor, str(image), None, crop='face')
    (tmp_path / 'bad.png').write_bytes(b'no image')
    with pytest.raises(OSError, match='bad.png'):
        read_picture(editor, str(tmp_path / 'bad.png'), None)
