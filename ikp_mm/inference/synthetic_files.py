"""Synthetic clips as the files a user would have: frames, videos, and the truth beside them."""
from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from ikp_mm.io.pictures import write_image
from ikp_mm.skeletons import H36M17
from ikp_mm.synthetic import SyntheticClips

from .coco_labels import CocoSettings, ImageLabels, coco_labels

CLIPS, VIDEOS, TRUTH_JSON, TRUTH_NPZ = 'clips', 'videos', 'truth.json', 'truth.npz'
FRAMES_PER_SECOND = 10


def write_synthetic(out: Path, split: str, num_clips: int, frames_per_clip: int,
                    image_size: int, seed: int = 0, videos: bool = False,
                    say: Callable[[str], None] = print) -> dict[str, int]:
    """Write clips of one split.

    ``out/clips/000/0000.png`` are the frames; ``out/videos/000.mp4`` the same, compressed;
    ``out/truth.json`` the joints as COCO-style json (files below ``out/clips``, the box is the
    whole image); ``out/truth.npz`` the same for ``LabelledFramesDataset`` (files below ``out``).

    Args:
        out: a folder that is not there yet, or empty.
        split: 'train', 'val' or 'test'; they share nobody.
        num_clips, frames_per_clip, image_size, seed: see ``SyntheticClips``.
        videos: write videos too.
        say: where progress goes.

    Returns:
        dict: how many clips, images and videos were written.

    Raises:
        FileExistsError: ``out`` holds something.
        ValueError: a setting out of range.
    """
    if out.exists() and any(out.iterdir()):
        raise FileExistsError(f'{out} is not empty: choose another --out')
    clips = SyntheticClips(seed, num_clips, frames_per_clip, image_size, split=split)
    images: list[ImageLabels] = []
    digits = max(3, len(str(num_clips - 1)))
    whole = np.array([image_size / 2, image_size / 2, image_size])
    for clip in range(num_clips):
        name = f'{clip:0{digits}d}'
        frames = [clips.frame(clip, t) for t in range(frames_per_clip)]
        for t, (frame, keypoints) in enumerate(zip(frames, clips.keypoints(clip))):
            write_image(out / CLIPS / name / f'{t:04d}.png', frame)
            images.append(ImageLabels(
                f'{name}/{t:04d}.png', image_size, image_size, keypoints.astype(np.float64),
                np.ones(len(keypoints)), whole, name, t))
        if videos:
            _write_video(out / VIDEOS / f'{name}.mp4', frames)
        if (clip + 1) % max(1, num_clips // 10) == 0:
            say(f'{clip + 1} of {num_clips} clips')
    info = dict(description='synthetic people, drawn: the true joints', split=split, seed=seed)
    content, _ = coco_labels(images, H36M17, CocoSettings(box='square'), info)
    (out / TRUTH_JSON).write_text(json.dumps(content), encoding='utf-8')
    np.savez(out / TRUTH_NPZ, files=np.array([f'{CLIPS}/{image.file_name}' for image in images]),
             keypoints=np.stack([image.keypoints / image_size for image in images]))
    return dict(clips=num_clips, images=len(images), videos=num_clips if videos else 0)


def _write_video(path: Path, frames: list[np.ndarray]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*'mp4v'), FRAMES_PER_SECOND,
                             frames[0].shape[1::-1])
    if not writer.isOpened():
        raise OSError(f'this OpenCV cannot write {path}')
    for frame in frames:
        writer.write(frame)
    writer.release()
