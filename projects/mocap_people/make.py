"""People moved by real motion capture, drawn in coloured rooms, who may face any way.

    python projects/mocap_people/make.py ../shared/data/cmu_mocap data/mocap_people

Motions: CMU's, each array (T, 17, 3) in metres, Y up, 30 a second, joints of ``h36m17``. Clips and
test frames are of ``video_train.npz`` (test: subjects 05, 07, 32, 43, 49; their clips are not trained
on), the prior of ``prior.npz``: other people, seen by random cameras. Seed 0. Written: ``clips``
(PNG, 96 px, 16 frames a tenth of a second apart, fixed camera), ``test/*.png`` with ``test.npz``,
``prior.npz``. The drawing (shaded tapered hulls, shadows on the floor) shares nothing with
``FigureDrawer`` or ``ikp_mm.synthetic``.
"""
import argparse
from pathlib import Path

import cv2
import numpy as np

from ikp_mm.skeletons import H36M17

SIDE, OVER, FRAMES, STEP = 96, 3, 16, 3
TESTED = ('cmu_05', 'cmu_07', 'cmu_32', 'cmu_43', 'cmu_49')
JOINT = {name: number for number, name in enumerate(H36M17.joints)}
# (from, to, radius there, radius here in metres, which colour)
LIMBS = [(f'{side}_{a}', f'{side}_{b}', r, s, colour) for side in ('left', 'right')
         for a, b, r, s, colour in (('hip', 'knee', .085, .06, 'legs'), ('knee', 'foot', .06, .045, 'legs'),
                                    ('shoulder', 'elbow', .055, .045, 'arms'),
                                    ('elbow', 'wrist', .045, .035, 'skin'),
                                    ('foot', 'foot', .06, .06, 'shoes'), ('wrist', 'wrist', .045, .045, 'skin'))]
TRUNK = [(('left_shoulder', 'right_shoulder', 'spine'), .09, 'shirt'),
         (('left_hip', 'right_hip', 'spine'), .10, 'shirt')]


def camera(rng: np.random.Generator, motion: np.ndarray, azimuth: float):
    """(T, 17, 3) metres -> (T, 17, 2) fractions of the frame, (T, 17) depth, metres -> fraction, floor."""
    turn = np.array([[np.cos(azimuth), 0, np.sin(azimuth)], [0, 1, 0], [-np.sin(azimuth), 0, np.cos(azimuth)]])
    points = motion @ turn.T
    low, high = points.reshape(-1, 3).min(0), points.reshape(-1, 3).max(0)
    centre = (low + high) / 2
    tilt, distance = rng.uniform(-0.05, 0.3), rng.uniform(3.5, 6.0)
    points = points - centre
    rotate = np.array([[1, 0, 0], [0, np.cos(tilt), -np.sin(tilt)], [0, np.sin(tilt), np.cos(tilt)]])

    def seen(world):
        view = world @ rotate.T
        depth = distance + max(high[2] - low[2], 1) / 2 - view[..., 2]
        return np.stack([view[..., 0], -view[..., 1]], -1) / depth[..., None], depth

    flat, depth = seen(points)
    extent = (flat.reshape(-1, 2).max(0) - flat.reshape(-1, 2).min(0)).max()
    zoom = rng.uniform(0.6, 0.88) / extent
    middle = (flat.reshape(-1, 2).max(0) + flat.reshape(-1, 2).min(0)) / 2
    shift = 0.5 + rng.uniform(-0.06, 0.06, 2) - zoom * middle
    floor = low[1] - centre[1]
    feet = points[:, [JOINT['left_foot'], JOINT['right_foot']]].mean(1)
    feet[:, 1] = floor
    shadow = seen(feet)[0]
    return zoom * flat + shift, depth, zoom / depth, zoom * shadow + shift


def room(rng: np.random.Generator, size: int) -> np.ndarray:
    """A wall, a floor and what stands before them."""
    wall, floor = rng.uniform(40, 225, 3), rng.uniform(40, 225, 3)
    horizon = int(size * rng.uniform(0.55, 0.8))
    light = np.linspace(rng.uniform(.75, 1.1), rng.uniform(.75, 1.1), size)[None, :, None]
    image = np.empty((size, size, 3), np.float32)
    image[:horizon], image[horizon:] = wall, floor
    image *= light
    image[horizon:] *= np.linspace(.8, 1.1, size - horizon)[:, None, None]
    for _ in range(rng.integers(2, 7)):
        x, y = rng.uniform(0, size, 2)
        w, h = rng.uniform(.06, .3, 2) * size
        colour = np.clip(rng.uniform(.5, 1.3) * (wall if y < horizon else floor) + rng.normal(0, 25, 3), 0, 255)
        cv2.rectangle(image, (int(x), int(y)), (int(x + w), int(y + h)), colour.tolist(), -1)
    image += cv2.resize(rng.normal(0, 9, (size // 8, size // 8, 3)).astype(np.float32), (size, size))
    return np.clip(cv2.GaussianBlur(image, (0, 0), size / 150), 0, 255)


def hull(image: np.ndarray, centres: np.ndarray, radii: np.ndarray, colour: np.ndarray) -> None:
    """A shaded tapered limb: narrower, lighter hulls within, towards the light from the upper left."""
    circle = np.stack([np.cos(np.arange(20) * np.pi / 10), np.sin(np.arange(20) * np.pi / 10)], -1)
    for part, shade in ((1.0, .7), (.75, .9), (.45, 1.05)):
        offset = -(1 - part) * .35 * radii.max()
        rim = (centres + offset)[:, None] + part * radii[:, None, None] * circle
        shape = cv2.convexHull(rim.reshape(-1, 2).astype(np.float32))
        cv2.fillConvexPoly(image, np.round(shape * 16).astype(np.int32),
                           np.clip(colour * shade, 0, 255).tolist(), cv2.LINE_AA, 4)


def person(rng: np.random.Generator) -> dict:
    skin = np.array([140, 170, 215]) * rng.uniform(.4, 1.1)
    shirt = rng.uniform(20, 245, 3)
    return dict(skin=skin, shirt=shirt, arms=shirt if rng.random() < .6 else skin, legs=rng.uniform(15, 230, 3),
                shoes=rng.uniform(10, 240, 3), hair=rng.uniform(10, 120, 3), build=rng.uniform(.85, 1.25))


def frame(scene: np.ndarray, points: np.ndarray, depth: np.ndarray, scale: np.ndarray, shadow: np.ndarray,
          look: dict, rng: np.random.Generator) -> np.ndarray:
    image = scene.copy()
    size = len(image)
    points, scale = points * size, scale * size * look['build']
    cover = np.zeros(image.shape[:2], np.float32)
    cv2.ellipse(cover, tuple(int(v) for v in shadow * size), (int(.35 * scale.mean()), int(.1 * scale.mean())),
                0, 0, 360, .35, -1)
    image *= 1 - cv2.GaussianBlur(cover, (0, 0), size / 60)[..., None]
    jobs = []
    for a, b, r, s, colour in LIMBS:
        ends = [JOINT[a], JOINT[b]]
        jobs.append((depth[ends].mean(), points[ends], np.array([r, s]) * scale[ends], look[colour]))
    for names, radius, colour in TRUNK:
        ends = [JOINT[name] for name in names]
        jobs.append((depth[ends].mean(), points[ends], radius * scale[ends], look[colour]))
    neck, head = JOINT['neck_base'], JOINT['head']
    skull = (points[neck] + points[head]) / 2
    jobs.append((depth[[neck, head]].mean(), skull[None], np.array([.115 * scale[head]]), look['hair']))
    # The face lies before the skull when the person looks at the camera: hips and shoulders tell.
    facing = points[JOINT['left_shoulder'], 0] - points[JOINT['right_shoulder'], 0]
    if facing > 0:
        jobs.append((depth[head] - .1, skull[None] + [0, .02 * scale[head]], np.array([.085 * scale[head]]),
                     look['skin']))
    for _, centres, radii, colour in sorted(jobs, key=lambda job: -job[0]):
        hull(image, centres, radii, colour)
    small = cv2.resize(image, (SIDE, SIDE), interpolation=cv2.INTER_AREA) + rng.normal(0, 2.5, (SIDE, SIDE, 3))
    return np.clip(small, 0, 255).astype(np.uint8)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('source', type=Path)
    parser.add_argument('out', type=Path)
    args = parser.parse_args()
    rng = np.random.default_rng(0)
    motions = np.load(args.source / 'video_train.npz')
    files, keypoints = [], []
    for name in motions.files:
        motion = motions[name].astype(np.float64)
        tested = name.startswith(TESTED)
        for begin in range(0, len(motion) - FRAMES * STEP, 240 if not tested else 48):
            part = motion[begin:begin + FRAMES * STEP:STEP]
            points, depth, scale, shadow = camera(rng, part, rng.uniform(-np.pi, np.pi))
            scene, look = room(rng, OVER * SIDE), person(rng)
            for t in range(FRAMES):
                if tested and t % 4:
                    continue
                image = frame(scene, points[t], depth[t], scale[t], shadow[t], look, rng)
                path = (args.out / 'test' / f'{name}_{begin:04d}_{t:02d}.png' if tested
                        else args.out / 'clips' / f'{name}_{begin:04d}' / f'{t:02d}.png')
                path.parent.mkdir(parents=True, exist_ok=True)
                cv2.imwrite(str(path), image)
                if tested:
                    files.append(f'test/{path.name}')
                    # Drawn in pixels of the large image, centres at whole numbers; averaged down.
                    keypoints.append(((points[t] * OVER * SIDE + .5) / OVER - .5) / SIDE)
    np.savez(args.out / 'test.npz', files=np.array(files), keypoints=np.stack(keypoints).astype(np.float32))
    motions = np.load(args.source / 'prior.npz')
    poses = np.concatenate([
        camera(rng, motions[name][begin:begin + FRAMES * STEP].astype(np.float64),
               rng.uniform(-np.pi, np.pi))[0][::12]
        for name in motions.files for begin in range(0, len(motions[name]) - FRAMES * STEP, 6)])
    np.savez(args.out / 'prior.npz', keypoints=poses.astype(np.float32))
    print(f'{args.out}: {len(list((args.out / "clips").iterdir()))} clips, {len(files)} test frames, '
          f'{len(poses)} prior poses')


if __name__ == '__main__':
    main()
