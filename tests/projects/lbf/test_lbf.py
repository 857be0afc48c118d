"""What lbf.py reads, refuses and says where its compiler or library is missing; training needs both."""
import cv2
import numpy as np
import pytest

from projects.lbf import lbf


def write(folder, side):
    rng = np.random.default_rng(0)
    for name in ('a.jpg', 'b.jpg'):
        cv2.imwrite(str(folder / name), rng.integers(0, 256, (side, side, 3), np.uint8))
    keypoints = rng.random((2, 68, 2), np.float32)
    np.savez(folder / 'train.npz', files=np.array(['a.jpg', 'b.jpg']), keypoints=keypoints)
    return keypoints


def test_faces_and_points_in_pixels(tmp_path):
    keypoints = write(tmp_path, 128)
    faces, points = lbf.read(tmp_path, 'train.npz')
    assert faces.shape == (2, 128, 128) and faces.dtype == np.uint8
    # A pixel's centre lies half a pixel from its corner.
    np.testing.assert_allclose(points, 128 * keypoints - 0.5, rtol=1e-6)


def test_refusals_name_the_file(tmp_path):
    with pytest.raises(SystemExit, match='train.npz is missing: projects/faces_300w/prepare.py'):
        lbf.read(tmp_path, 'train.npz')
    write(tmp_path, 100)
    with pytest.raises(SystemExit, match='a.jpg is no image of 128 x 128 pixels'):
        lbf.read(tmp_path, 'train.npz')


def test_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setenv('PATH', '')
    with pytest.raises(SystemExit, match='no g.*apt-get install.* libopencv-contrib-dev'):
        lbf.build(tmp_path)
    compiler = tmp_path / 'g++'
    compiler.write_text('#!/bin/sh\necho "fatal error: opencv2/face.hpp: No such file" >&2\nexit 1\n')
    compiler.chmod(0o755)
    monkeypatch.setenv('PATH', f'{tmp_path}:/bin:/usr/bin')
    with pytest.raises(SystemExit, match='face module .*opencv2/face.hpp.*apt-get install'):
        lbf.build(tmp_path)
