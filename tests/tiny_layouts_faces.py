"""Tiny files in the real layouts of VoxCeleb2, Multi-PIE and 300-W, and numbered videos.

Written from the descriptions that the readers' docstrings name; nothing here calls a reader.
"""
from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from scipy.io import savemat

BITS, TILE = 8, 16


def numbered_frame(number: int, height: int = 32, width: int = 64) -> np.ndarray:
    """A frame that says its number 0..255 in black and white tiles, four a row, on noise, which
    makes its file large."""
    noise = np.random.default_rng(number).integers(100, 156, (height, width), np.uint8)
    frame = np.repeat(noise[..., None], 3, axis=2)
    for bit in range(BITS):
        y, x = TILE * (bit // 4), TILE * (bit % 4)
        frame[y:y + TILE, x:x + TILE] = 235 if number >> bit & 1 else 20
    return frame


def number_of(frame: np.ndarray) -> int:
    """The number that a frame says, however it was compressed."""
    bits = [frame[TILE * (b // 4) + 4:TILE * (b // 4) + 12,
                  TILE * (b % 4) + 4:TILE * (b % 4) + 12].mean() > 128 for b in range(BITS)]
    return sum(1 << b for b, bit in enumerate(bits) if bit)


def write_video(path: Path, frames: Sequence[np.ndarray], codec: str = 'libx264',
                times: Sequence[int] | None = None, movflags: str | None = None,
                **options: str) -> Path:
    """Encode (H, W, 3) BGR frames of even size.

    Args:
        times: when each frame is shown, in 1/25 s; None is one after the other.
        movflags: of the mp4 writer, e.g. 'faststart' (table of contents in front).
        options: of the encoder, e.g. ``g='10'`` (key frame distance), ``bf='2'`` (B-frames).
    """
    import av  # the rest of this module works without it

    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), 'w', options={'movflags': movflags} if movflags else {}) as container:
        stream = container.add_stream(codec, rate=25, options=options)
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt = 'yuv420p'
        for t, image in enumerate(frames):
            frame = av.VideoFrame.from_ndarray(image, format='bgr24')
            frame.pts = t if times is None else times[t]
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def numbered_video(path: Path, count: int, height: int = 32, **options) -> Path:
    """A video whose frame t says t, with key frames where ``options`` say and nowhere else."""
    if options.get('codec', 'libx264') == 'libx264':
        options.setdefault('sc_threshold', '0')
    return write_video(path, [numbered_frame(t, height) for t in range(count)], **options)


def tiny_face(size: int, shift: float = 0.0) -> np.ndarray:
    """68 landmarks (68, 2) in pixels that fill most of a square; ``shift`` turns it a little."""
    angle = np.linspace(0, np.pi, 17)
    jaw = np.stack([-np.cos(angle), np.sin(angle)], axis=1)
    brows = [(x, -0.55) for x in (-0.8, -0.65, -0.5, -0.35, -0.2, 0.2, 0.35, 0.5, 0.65, 0.8)]
    nose = [(0, y) for y in (-0.3, -0.15, 0, 0.15)] + [(x, 0.25) for x in (-.2, -.1, 0, .1, .2)]
    eye = [(-0.12, 0), (-0.05, -0.06), (0.05, -0.06), (0.12, 0), (0.05, 0.06), (-0.05, 0.06)]
    eyes = [(x - 0.45, y - 0.3) for x, y in eye] + [(x + 0.45, y - 0.3) for x, y in eye]
    mouth = [(0.35 * np.cos(a), 0.55 + 0.15 * np.sin(a))
             for a in np.pi + np.arange(12) * np.pi / 6]
    inner = [(0.25 * np.cos(a), 0.55 + 0.06 * np.sin(a))
             for a in np.pi + np.arange(8) * np.pi / 4]
    points = np.concatenate([jaw, brows, nose, eyes, mouth, inner])
    points[17:, 0] += shift * (1 - points[17:, 0] ** 2)
    return (points * 0.38 + (0.5, 0.42)) * size


def face_image(points: np.ndarray, size: int) -> np.ndarray:
    """The landmarks as dots on a textured ground, (S, S, 3) uint8."""
    image = np.random.default_rng(0).integers(90, 130, (size, size, 3), np.uint8)
    for x, y in points:
        cv2.circle(image, (round(x), round(y)), 2, (40, 40, 220), -1)
    return image


def write_voxceleb2(root: Path, split: str, name: str, count: int = 8, size: int = 224) -> Path:
    """One video of VoxCeleb2, ``name`` being '<person>/<YouTube video>/<number>'."""
    frames = [face_image(tiny_face(size, 0.3 * np.sin(t)), size) for t in range(count)]
    return write_video(root / split / 'mp4' / f'{name}.mp4', frames)


def write_multi_pie(root: Path, name: str, points: np.ndarray) -> None:
    """One label of Multi-PIE, ``name`` such as '001_01_01_051_05', below its camera's folder."""
    folder = root / name.split('_')[3]
    folder.mkdir(parents=True, exist_ok=True)
    savemat(folder / f'{name}_lm.mat', dict(pts=points + 1))  # 1-based, as Matlab's


def write_300w(root: Path, ann_file: str, images: Sequence[str], size: int = 160) -> None:
    """300-W as in MMPose: images below ``images/`` and one of its jsons."""
    data: dict = dict(images=[], annotations=[],
                      categories=[dict(supercategory='person', id=1, name='face', keypoints=[],
                                       skeleton=[])])
    for number, name in enumerate(images, start=1):
        points = tiny_face(size, 0.1 * number)
        path = root / 'images' / name
        path.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(path), face_image(points, size))
        low, high = points.min(axis=0), points.max(axis=0)
        visible = np.ones((68, 1))
        data['images'].append(dict(id=number, file_name=name, height=size, width=size))
        data['annotations'].append(dict(
            image_id=number, id=number, num_keypoints=68, iscrowd=0, category_id=1,
            keypoints=np.hstack([points, visible]).ravel().tolist(),
            center=((low + high) / 2).tolist(), scale=float((high - low).max()) / 200,
            bbox=[*low.tolist(), *(high - low).tolist()], area=float(np.prod(high - low))))
    path = root / ann_file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(data))


def make_300w(cfg, folder: Path) -> None:
    """Everything that ``configs/ikp_300w.py`` names."""
    for split, person in (('dev', 'id00012'), ('test', 'id00017')):
        for number in range(1, 3):
            write_voxceleb2(folder / cfg.clip_root, split, f'{person}/21Uxsk56VDQ/{number:05d}')
    for number, camera in enumerate(('140', '051', '050')):
        for subject in range(1, 5):
            write_multi_pie(folder / cfg.prior_root, f'{subject:03d}_01_01_{camera}_05',
                            tiny_face(480, 0.2 * (number - 1) + 0.03 * subject))
    write_300w(folder / cfg.data_root, cfg.test_dataloader.dataset.ann_file,
               ['helen/testset/296814969_3.jpg', 'lfpw/testset/image_0001.png',
                'ibug/image_003_1.jpg'])
