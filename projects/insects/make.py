"""Drawn beetles that walk about, seen from above: clips, a prior, test frames (data/insects).

    python projects/insects/make.py data/insects

Six legs that leave the thorax like a star, a body of three ovals, antennae. Drawn by OpenCV at four
times the size, over mottled grounds, with shadows and shine; nothing of ikp_mm paints here. Clips,
prior and test frames come from different random generators; every beetle has its own build, colour
and ground.
"""
import argparse
from pathlib import Path

import cv2
import numpy as np

SIDE, ZOOM = 96, 4
JOINTS = ['head', 'thorax', 'abdomen', *(f'{side}_{part}_{row}' for side in ('left', 'right')
                                         for row in (1, 2, 3) for part in ('knee', 'foot'))]
# Where feet rest: angle from straight ahead and distance, in body lengths.
REST = {1: (45, 0.55), 2: (95, 0.5), 3: (140, 0.6)}


class Beetle:
    """One animal: its build, its way and its ground."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng
        self.length = rng.uniform(0.34, 0.5)
        self.broad = rng.uniform(0.35, 0.6)
        self.reach = rng.uniform(0.85, 1.2)
        self.colour = rng.uniform(10, 110, 3) * np.array([0.6, 0.8, 1.0])
        self.leg_colour = self.colour * rng.uniform(0.4, 1.3)
        self.leg_width = rng.uniform(0.02, 0.04)
        self.angle = rng.uniform(0, 2 * np.pi)
        self.turn = rng.uniform(-0.12, 0.12)
        self.speed = rng.uniform(0.03, 0.05)
        self.place = 0.5 - 8 * self.speed * np.array([np.cos(self.angle), np.sin(self.angle)])
        self.phase = rng.uniform(0, 2 * np.pi)
        self.ground = self._ground()

    def _ground(self) -> np.ndarray:
        side = SIDE * ZOOM
        base = self.rng.uniform(90, 220, 3)
        picture = np.broadcast_to(base, (side, side, 3)).copy()
        for cells, strength in ((4, 25), (16, 20), (48, 15)):
            noise = self.rng.normal(0, strength, (cells, cells, 3)).mean(axis=2, keepdims=True)
            picture += cv2.resize(noise, (side, side), interpolation=cv2.INTER_CUBIC)[..., None]
        return picture

    def pose(self, time: int) -> np.ndarray:
        """(15, 2) fractions of the frame."""
        angle = self.angle + self.turn * time
        ahead = np.array([np.cos(angle), np.sin(angle)])
        place = self.place + time * self.speed * ahead
        joints = {'thorax': place, 'head': place + 0.28 * self.length * ahead,
                  'abdomen': place - 0.72 * self.length * ahead}
        for side, sign in (('left', -1), ('right', 1)):
            for row, (rest, reach) in REST.items():
                swing = np.sin(self.phase + 1.3 * time + np.pi * ((row + (sign > 0)) % 2))
                toward = angle + sign * np.deg2rad(rest - 16 * swing)
                foot = place + self.reach * reach * self.length * np.array(
                    [np.cos(toward), np.sin(toward)])
                bent = toward - sign * 0.35
                knee = place + 0.6 * self.reach * reach * self.length * np.array(
                    [np.cos(bent), np.sin(bent)])
                joints[f'{side}_knee_{row}'], joints[f'{side}_foot_{row}'] = knee, foot
        return np.stack([joints[name] for name in JOINTS])

    def picture(self, time: int) -> np.ndarray:
        """(SIDE, SIDE, 3) uint8."""
        pose = dict(zip(JOINTS, self.pose(time) * SIDE * ZOOM))
        scale = self.length * SIDE * ZOOM
        canvas, shadow = self.ground.copy(), np.zeros(self.ground.shape[:2], np.float32)
        for picture, colour, shift in ((shadow, 1.0, 0.05 * scale), (canvas, None, 0.0)):
            width = max(1, round(self.leg_width * scale))
            legs = self.leg_colour.tolist() if colour is None else colour
            body = self.colour.tolist() if colour is None else colour

            def at(point):
                return tuple(int(round(value + shift)) for value in point)

            for side in ('left', 'right'):
                for row in REST:
                    cv2.line(picture, at(pose['thorax']), at(pose[f'{side}_knee_{row}']), legs,
                             2 * width, cv2.LINE_AA)
                    cv2.line(picture, at(pose[f'{side}_knee_{row}']),
                             at(pose[f'{side}_foot_{row}']), legs, width, cv2.LINE_AA)
            ahead = pose['head'] - pose['thorax']
            degrees = float(np.degrees(np.arctan2(ahead[1], ahead[0])))
            for spread in (-0.5, 0.5):
                tip = pose['head'] + 0.9 * np.linalg.norm(ahead) * np.array([
                    np.cos(np.deg2rad(degrees) + spread), np.sin(np.deg2rad(degrees) + spread)])
                cv2.line(picture, at(pose['head']), at(tip), legs, max(1, width // 2), cv2.LINE_AA)
            middle = (pose['thorax'] + pose['abdomen']) / 2
            for centre, long, broad in ((middle, 0.42, 0.42 * self.broad),
                                        (pose['thorax'], 0.17, 0.17),
                                        (pose['head'], 0.13, 0.12)):
                cv2.ellipse(picture, at(centre), (int(long * scale), int(broad * scale)), degrees,
                            0, 360, body, -1, cv2.LINE_AA)
            if colour is None:
                shine = middle - 0.1 * scale * np.array([ahead[1], -ahead[0]]) / np.linalg.norm(ahead)
                cv2.ellipse(picture, at(shine), (int(0.2 * scale), int(0.05 * scale)), degrees,
                            0, 360, (self.colour + 60).tolist(), -1, cv2.LINE_AA)
            else:
                canvas *= 1 - 0.4 * cv2.GaussianBlur(shadow, (0, 0), 0.03 * scale)[..., None]
        small = cv2.resize(canvas, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
        return np.clip(small + self.rng.normal(0, 4, small.shape), 0, 255).astype(np.uint8)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('out', type=Path)
    parser.add_argument('--clips', type=int, default=60)
    args = parser.parse_args()
    for number in range(args.clips):
        beetle = Beetle(np.random.default_rng([1, number]))
        folder = args.out / 'clips' / f'{number:03d}'
        folder.mkdir(parents=True, exist_ok=True)
        for time in range(16):
            cv2.imwrite(str(folder / f'{time:04d}.png'), beetle.picture(time))
    poses = [Beetle(np.random.default_rng([2, number])).pose(8) for number in range(400)]
    np.savez(args.out / 'prior.npz', keypoints=np.stack(poses).astype(np.float32),
             joints=np.array(JOINTS))
    files, keypoints = [], []
    (args.out / 'test').mkdir(exist_ok=True)
    for number in range(100):
        beetle = Beetle(np.random.default_rng([3, number]))
        time = int(beetle.rng.integers(16))
        keypoints.append(beetle.pose(time))
        files.append(f'test/{number:03d}.png')
        cv2.imwrite(str(args.out / files[-1]), beetle.picture(time))
    np.savez(args.out / 'test.npz', files=np.array(files), keypoints=np.stack(keypoints))
    print(f'{args.out}: {args.clips} clips, {len(poses)} prior poses, {len(files)} test frames')


if __name__ == '__main__':
    main()
