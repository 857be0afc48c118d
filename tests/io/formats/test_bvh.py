"""Forward kinematics by hand: quarter turns of a root, one joint and its end."""
import numpy as np
import pytest

from ikp_mm.io.formats.bvh import read_bvh

# Root at (1, 2, 3), arm 10 along x of it, end 5 along x of the arm.
TEXT = '''HIERARCHY
ROOT Hips
{{
  OFFSET 1 2 3
  CHANNELS 6 Xposition Yposition Zposition {order}
  JOINT Left Arm
  {{
    OFFSET 10 0 0
    CHANNELS {arm}
    End Site
    {{
      OFFSET 5 0 0
    }}
  }}
}}
MOTION
Frames: {count}
Frame Time: 0.04
{rows}
'''
ZXY, XYZ = 'Zrotation Xrotation Yrotation', 'Xrotation Yrotation Zrotation'


def read(folder, *rows, order=ZXY, arm=None, text=TEXT, **options):
    (folder / 'a.bvh').write_text(text.format(order=order, arm=arm or f'3 {order}',
                                              count=len(rows), rows='\n'.join(rows)))
    return read_bvh(folder / 'a.bvh', **options)


def test_rest_pose_and_the_roots_place(tmp_path):
    motion = read(tmp_path, '0 0 0  0 0 0  0 0 0', '100 0 -3  0 0 0  0 0 0')
    assert motion.joints == ('Hips', 'Left Arm', 'Left Arm_end') and motion.frame_time == 0.04
    np.testing.assert_allclose(motion.positions, [
        [[1, 2, 3], [11, 2, 3], [16, 2, 3]], [[101, 2, 0], [111, 2, 0], [116, 2, 0]]])


def test_quarter_turns(tmp_path):
    # About z, x goes to y; about y, x goes to -z; about x, x stays.
    motion = read(tmp_path, '-1 -2 -3  90 0 0  0 0 0', '-1 -2 -3  0 0 90  0 0 0',
                  '-1 -2 -3  0 90 0  0 0 0', '-1 -2 -3  0 0 0  90 0 0')
    np.testing.assert_allclose(motion.positions[:, 1:], [
        [[0, 10, 0], [0, 15, 0]], [[0, 0, -10], [0, 0, -15]], [[10, 0, 0], [15, 0, 0]],
        [[10, 0, 0], [10, 5, 0]]], atol=1e-12)


@pytest.mark.parametrize('order, row, expected', [
    # Z X Y: R_z R_x R_y x. y = 90 takes x to -z, x = 90 takes -z to y, z = 90 takes y to -x.
    (ZXY, '90 90 90', [-10, 0, 0]),
    # X Y Z: R_x R_y R_z x. z = 90 takes x to y, y leaves it, x = 90 takes y to z.
    (XYZ, '90 90 90', [0, 0, 10]),
    # Of two turns the later channel acts first. Z then Y: y takes x to -z, z leaves it.
    (ZXY, '90 0 90', [0, 0, -10]),
    # Y then Z: z takes x to y, y leaves it.
    (XYZ, '0 90 90', [0, 10, 0]),
    ('Yrotation Xrotation Zrotation', '0 90 90', [0, 0, 10]),
    ('Zrotation Yrotation Xrotation', '0 90 90', [0, 0, -10]),
])
def test_orders(tmp_path, order, row, expected):
    motion = read(tmp_path, f'-1 -2 -3  {row}  0 0 0', order=order)
    np.testing.assert_allclose(motion.positions[0, 1], expected, atol=1e-12)


def test_a_childs_turn_is_in_its_parents_axes(tmp_path):
    # The root's x points along y; the arm's turn about its z then takes x to the root's y, -x.
    motion = read(tmp_path, '-1 -2 -3  90 0 0  90 0 0')
    np.testing.assert_allclose(motion.positions[0, 2], [-5, 10, 0], atol=1e-12)


def test_position_channels_of_joints_must_be_decided(tmp_path):
    options = dict(order=ZXY, arm=f'6 Xposition Yposition Zposition {ZXY}')
    row = '-1 -2 -3  0 0 0  12 0 1  0 0 0'
    with pytest.raises(ValueError, match="'Left Arm' has position channels: say joint_positions"):
        read(tmp_path, row, **options)
    replaced = read(tmp_path, row, joint_positions='replace', **options)
    assert replaced.positions[0, 1].tolist() == [12, 0, 1]
    assert read(tmp_path, row, joint_positions='add', **options).positions[0, 1].tolist() == [
        22, 0, 1]
    with pytest.raises(ValueError, match="'replace' or 'add', got 'sum'"):
        read(tmp_path, row, joint_positions='sum', **options)


def test_braces_on_the_same_line_and_tabs(tmp_path):
    text = TEXT.replace('ROOT Hips\n{{', 'ROOT Hips {{').replace('OFFSET ', 'OFFSET\t')
    assert read(tmp_path, '0 ' * 9, text=text).positions[0, 0].tolist() == [1, 2, 3]


def test_numbers_may_touch_their_colons(tmp_path):
    text = TEXT.replace('Frames: ', 'Frames:').replace('Time: ', 'Time:\t')
    assert read(tmp_path, '0 ' * 9, text=text).frame_time == 0.04


def test_a_joint_may_be_called_motion(tmp_path):
    text = TEXT.replace('Hips', 'ROOT_MOTION').replace('Left Arm', 'MOTION')
    assert read(tmp_path, '0 ' * 9, text=text).joints == ('ROOT_MOTION', 'MOTION', 'MOTION_end')


ROW = '0 0 0 0 0 0 0 0 0'


@pytest.mark.parametrize('old, new, message', [
    ('HIERARCHY', 'TREE', 'is no BVH file'),
    ('MOTION', 'MOVES', 'is no BVH file'),
    ('Xposition', 'Wposition', "CHANNELS of 'Hips' are .*Wposition"),
    ('CHANNELS 6', 'CHANNELS 5', "CHANNELS of 'Hips' are 5"),
    ('OFFSET 10 0 0', 'OFFSET 10 0', "OFFSET of 'Left Arm' must be three numbers"),
    ('JOINT', 'ROOT', 'stands in the wrong place'),
    ('    }}\n  }}', '    }}\n', 'braces that are not closed'),
    ('OFFSET 5', 'SHIFT 5', "'SHIFT 5 0 0' is no line"),
    ('Frame Time:', 'Time', "must stand 'Frames: n'"),
    ('Frames: {count}', 'Frames: 9', 'Frames says 9, but there are 1; is it cut short'),
    ('{rows}', '0 0 0', 'frame 0 has 3 values, the channels need 9'),
    ('{rows}', '0 0 0 0 0 0 0 0 x', 'a frame holds what is no number'),
    ('{rows}', '0 0 0 0 0 0 0 0 nan', 'frame 0 is not finite'),
])
def test_what_is_refused(tmp_path, old, new, message):
    assert old in TEXT
    with pytest.raises(ValueError, match=f'a.bvh.*{message}'):
        read(tmp_path, ROW, text=TEXT.replace(old, new))


def test_no_file(tmp_path):
    with pytest.raises(FileNotFoundError, match='b.bvh'):
        read_bvh(tmp_path / 'b.bvh')
