"""Poses of the prior painted as figures, pictures whose keypoints are known.

An addition to the paper, whose losses tie no place in the skeleton image y to a place in the frame.
Phi learns from poses painted as bodies over the footage's own scenes where joints are, before the
adversarial stage. Related: the synthetic-image stage of X-as-Supervision (arXiv 2411.13026).
"""
from __future__ import annotations

import math
from typing import Mapping, Optional, Sequence

import torch
from mmpose.registry import MODELS
from torch import Tensor, nn
from torch.nn import functional as F

from ...ops.painting import limb_distance, line_distance, oval_distance, polygon_distance
from ...skeletons import Part, Skeleton, get_skeleton

# Chances of how the limbs of a figure without tones are coloured: all alike, mirror partners
# alike; else each its own.
ALIKE, IN_PAIRS = 0.35, 0.4
TAIL_JOINTS = 5
# A factor on all widths of a figure, log-uniform.
FIGURE_WIDTH = (0.7, 1.5)


# Of the options ``figures`` of a KeypointGAN, those that are not the drawer's.
TERM_OPTIONS = ('weight', 'keypoint_weight', 'head_weight', 'augment')


def build_drawer(figures: Mapping, skeleton, image_size: int) -> nn.Module:
    """The drawer that the options ``figures`` of a KeypointGAN ask for, a ``FigureDrawer`` unless
    they state a ``type``; they may state a skeleton and size of their own."""
    own = {key: value for key, value in figures.items() if key not in TERM_OPTIONS}
    return MODELS.build(dict(dict(type='FigureDrawer', skeleton=skeleton, image_size=image_size),
                             **own))


def uniform(shape: Sequence[int], low: float, high: float) -> Tensor:
    """Uniform numbers of torch's CPU generator."""
    return low + (high - low) * torch.rand(*shape)


def log_uniform(shape: Sequence[int], low: float, high: float) -> Tensor:
    """Numbers whose logarithm is uniform; ``low`` is raised to a hundredth of ``high``."""
    low = max(low, high / 100)
    return uniform(shape, math.log(low), math.log(high)).exp() if high > 0 else torch.zeros(*shape)


def smooth_noise(num: int, channels: int, cells: int, size: int, device) -> Tensor:
    """Normal noise on cells x cells, enlarged: (num, channels, size, size)."""
    noise = torch.randn(num, channels, cells, cells, device=device)
    return F.interpolate(noise, size=(size, size), mode='bilinear', align_corners=False)


@MODELS.register_module()
class FigureDrawer(nn.Module):
    """Paint poses as bodies, all else at random.

    Random are: widths (alike left and right), depth order, colours (of the footage's moving pixels,
    or any), shading, texture and light of the body; gain, tint and side of the scene; blur and
    noise of the picture. Draws come from torch's global generators.

    Args:
        skeleton: topology; its ``parts`` say what the body is made of.
        image_size (int): side W of the pictures.
        oval_trunk (bool): topologies that state no parts get an oval trunk
            (:func:`ikp_mm.skeletons.parts.derive_parts`), for animals seen from above.

    Raises:
        ValueError: a skeleton without parts (no edges).
    """

    def __init__(self, skeleton, image_size: int, oval_trunk: bool = False) -> None:
        super().__init__()
        self.skeleton: Skeleton = get_skeleton(skeleton)
        self.image_size = image_size
        self.parts = sorted(self.skeleton.parts(oval_trunk), key=lambda part: part.layer)
        if not self.parts:
            raise ValueError(f"skeleton '{self.skeleton.name}' has no edges and states no parts: "
                             'no figure can be painted')
        index = self.skeleton.index
        self._joints = [[index(joint) for joint in part.joints] for part in self.parts]
        # On the CPU, where the random looks are made: no step waits for it to come from a device.
        self.partner = torch.tensor(self._partners())
        self._layers: dict[int, list[int]] = {}
        for number, part in enumerate(self.parts):
            self._layers.setdefault(part.layer, []).append(number)

    def _partners(self) -> list[int]:
        """For each part the first one that is it or its mirror image: they share their looks."""
        swap = self.skeleton.swap_indices
        keys = [(part.kind, frozenset(joints)) for part, joints in zip(self.parts, self._joints)]
        mirrored = [(kind, frozenset(swap[j] for j in joints)) for kind, joints in keys]
        return [min(number, keys.index(mirror) if mirror in keys else number)
                for number, mirror in enumerate(mirrored)]

    @torch.no_grad()
    def forward(self, keypoints: Tensor, visible: Tensor, scenes: Tensor,
                colours: Tensor) -> Tensor:
        """Paint.

        Args:
            keypoints (Tensor): (N, K, 2) unit coordinates; may lie outside the frame.
            visible (Tensor): (N, K) bool; parts with an invisible joint are left out.
            scenes (Tensor): (M, 3, W, W) RGB in 0-255; drawn from, and mirrored, at random.
            colours (Tensor): (M, P, 3) RGB in 0-255, colours seen on the footage's figures.

        Returns:
            Tensor: (N, 3, W, W) RGB in 0-255.
        """
        num, device = len(keypoints), keypoints.device
        shapes, radii = self._shapes(keypoints, visible)  # (N, P, W, W), (N, P)
        paint = self._colours(num, colours).to(device)  # (N, P, 3)
        opacity, blur, present = self._part_looks(num, device, visible)
        picture = self._scene(num, scenes)
        texture, light = self._texture_and_light(num, device)
        shade = uniform((num, 1, 1, 1), 0, 0.5).to(device)
        row = torch.arange(num, device=device)
        for number in self._order(num).to(device).unbind(dim=1):
            distance, radius = shapes[row, number][:, None], radii[row, number][:, None, None, None]
            cover = torch.sigmoid(-distance / blur[row, number][:, None, None, None])
            cover = cover * (opacity * present)[row, number][:, None, None, None]
            rim = (1 + distance / radius.clamp(min=1e-3)).clamp(0, 1)  # 0 on the axis, 1 at the rim
            colour = (paint[row, number][:, :, None, None] * (1 - shade * rim.square()) + texture)
            picture = picture + cover * (colour * light - picture)
        return self._camera(picture)

    # ------------------------------------------------------------------ shapes

    def _shapes(self, keypoints: Tensor, visible: Tensor) -> tuple[Tensor, Tensor]:
        """Signed distances (N, P, W, W) and half-widths (N, P) of all parts, unit coordinates."""
        num, parts, device = len(keypoints), len(self.parts), keypoints.device
        known = visible[..., None]
        extent = (keypoints.masked_fill(~known, -1e4).amax(dim=1)
                  - keypoints.masked_fill(~known, 1e4).amin(dim=1)).amax(dim=-1).clamp(0.1, 4)
        scale = log_uniform((num, ), *FIGURE_WIDTH)
        widths = torch.stack([log_uniform((num, ), *part.width) for part in self.parts], dim=1)
        widths = (widths * scale[:, None])[:, self.partner].to(device)
        radii = widths * extent[:, None] / 2
        shapes: list[Optional[Tensor]] = [None] * parts
        limbs = [n for n, part in enumerate(self.parts) if part.kind == 'limb']
        if limbs:
            starts, ends = (keypoints[:, [self._joints[n][end] for n in limbs]] for end in (0, 1))
            taper = torch.exp(0.25 * torch.randn(num, parts, 2))[:, self.partner].to(device)
            distances = limb_distance(starts, ends, radii[:, limbs] * taper[:, limbs, 0],
                                      radii[:, limbs] * taper[:, limbs, 1], self.image_size)
            for place, n in enumerate(limbs):
                shapes[n] = distances[:, place]
        for n, part in enumerate(self.parts):
            if shapes[n] is None:
                joints = keypoints[:, self._joints[n]]
                draw = getattr(self, f'_{part.kind}')
                shapes[n], radii[:, n] = draw(part, joints, keypoints, radii[:, n], extent)
        return torch.stack(shapes, dim=1), radii

    def _oval(self, part: Part, joints: Tensor, keypoints: Tensor, radius: Tensor,
              extent: Tensor) -> tuple[Tensor, Tensor]:
        start, end = joints.unbind(dim=1)
        length = (end - start).norm(dim=-1)
        radius = radius / extent * length  # an oval's width is a fraction of its own length
        over = uniform((2, len(joints), 1), -0.05, 0.15).to(joints)
        taper = uniform((len(joints), 1), -0.5, 0.5).to(joints)
        distance = oval_distance((start + over[0] * (start - end))[:, None],
                                 (end + over[1] * (end - start))[:, None], radius[:, None], taper,
                                 self.image_size)
        return distance[:, 0], radius

    def _region(self, part: Part, joints: Tensor, keypoints: Tensor, radius: Tensor,
                extent: Tensor) -> tuple[Tensor, Tensor]:
        if part.raised:
            anchor = keypoints[:, self.skeleton.index(part.anchor)]
            away = joints[:, -part.raised:].mean(dim=1) - anchor
            rise = uniform((len(joints), 1), *part.rise).to(joints)
            joints = torch.cat([joints[:, :-part.raised],
                                joints[:, -part.raised:] + (rise * away)[:, None]], dim=1)
        distance = polygon_distance(joints, self.image_size) - radius[:, None, None]
        span = (joints.amax(dim=1) - joints.amin(dim=1)).amin(dim=-1)
        return distance, (radius + span / 2)

    def _line(self, part: Part, joints: Tensor, keypoints: Tensor, radius: Tensor,
              extent: Tensor) -> tuple[Tensor, Tensor]:
        distance = line_distance(joints[:, :-1], joints[:, 1:], self.image_size)
        return distance - radius[:, None, None], radius

    def _disc(self, part: Part, joints: Tensor, keypoints: Tensor, radius: Tensor,
              extent: Tensor) -> tuple[Tensor, Tensor]:
        middle = joints.mean(dim=1, keepdim=True)
        return limb_distance(middle, middle, radius[:, None], radius[:, None],
                             self.image_size)[:, 0], radius

    def _tail(self, part: Part, joints: Tensor, keypoints: Tensor, radius: Tensor,
              extent: Tensor) -> tuple[Tensor, Tensor]:
        num = len(joints)
        root, away = joints.unbind(dim=1)
        direction = root - away
        turn = 0.35 * torch.randn(num, 1) + torch.cumsum(
            0.15 * torch.randn(num, 1) + 0.2 * torch.randn(num, TAIL_JOINTS), dim=1)
        angle = torch.atan2(direction[:, 1], direction[:, 0])[:, None] + turn.to(joints)
        step = uniform((num, 1), *part.length).to(joints) * extent[:, None] / TAIL_JOINTS
        steps = torch.stack([angle.cos(), angle.sin()], dim=-1) * step[..., None]
        line = torch.cat([root[:, None], root[:, None] + steps.cumsum(dim=1)], dim=1)
        thinning = torch.linspace(1, 0.4, TAIL_JOINTS + 1).to(joints)
        radii = radius[:, None] * thinning
        return limb_distance(line[:, :-1], line[:, 1:], radii[:, :-1], radii[:, 1:],
                             self.image_size).amin(dim=1), radius

    # ------------------------------------------------------------------ looks

    def _order(self, num: int) -> Tensor:
        """(N, P): which part each image paints at each turn; random within a layer."""
        return torch.cat([
            torch.tensor(numbers)[torch.rand(num, len(numbers)).argsort(dim=1)]
            for _, numbers in sorted(self._layers.items())], dim=1)

    def _part_looks(self, num: int, device, visible: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Opacities, blurs (unit coordinates) and whether it is painted, each (N, P)."""
        opacity = torch.stack([uniform((num, ), *part.opacity) for part in self.parts], dim=1)
        pixel = 2 / self.image_size
        blur = pixel * torch.stack(
            [0.4 + uniform((num, ), 0, max(part.soft / 2, 0.3)) for part in self.parts], dim=1)
        lucky = torch.rand(num, len(self.parts)) < torch.tensor(
            [part.chance for part in self.parts])
        present = torch.stack([visible[:, joints].all(dim=1) for joints in self._joints], dim=1)
        return (opacity[:, self.partner].to(device), blur.to(device),
                lucky[:, self.partner].to(device) & present)

    def _colours(self, num: int, seen: Tensor) -> Tensor:
        """Colour of each part, (N, P, 3)."""
        parts = len(self.parts)
        seen = seen.reshape(-1, 3).float().cpu()

        def draw(count: int) -> Tensor:
            of_footage = seen[torch.randint(len(seen), (num, count))]
            any_colour = torch.rand(num, count, 3) * 255
            return torch.where(torch.rand(num, 1, 1) < 0.7, of_footage, any_colour)

        main, own = draw(1), draw(parts)
        pick = torch.rand(num, 1, 1)
        colours = torch.where(pick < ALIKE, main, torch.where(
            pick < ALIKE + IN_PAIRS, own[:, self.partner], own))
        toned = torch.tensor([part.tone is not None for part in self.parts])
        tones = torch.stack([uniform((num, ), *(part.tone or (1, 1))) for part in self.parts],
                            dim=1)[:, self.partner]
        # A tone is kept in most figures; the rest are coloured without sense.
        kept = torch.rand(num, parts)[:, self.partner] < 0.85
        tinted = (main * tones[..., None]
                  + 12 * torch.randn(num, parts, 3)[:, self.partner]).clamp(0, 255)
        constant = torch.tensor([part.tone == (1.0, 1.0) for part in self.parts])
        return torch.where((toned & (kept | constant))[..., None], tinted, colours)

    def _texture_and_light(self, num: int, device) -> tuple[Tensor, Tensor]:
        """Added to the body's colours, (N, 3, W, W) grey levels, and multiplied, (N, 1, W, W)."""
        size = self.image_size
        strength = uniform((2, num, 1, 1, 1), 0, 1).to(device)
        coarse = smooth_noise(num, 1, 8, size, device) + 0.4 * smooth_noise(num, 3, 8, size, device)
        fine = smooth_noise(num, 1, max(size * 3 // 8, 2), size, device)
        texture = coarse * strength[0] * 18 + fine * strength[1] * 14
        slope = (0.2 * torch.randn(2, num, 1, 1, 1)).to(device)
        line = torch.linspace(-1, 1, size, device=device)
        return texture, (1 + slope[0] * line + slope[1] * line[:, None]).clamp(min=0.2)

    def _scene(self, num: int, scenes: Tensor) -> Tensor:
        """What is behind the figures, (N, 3, W, W)."""
        device = scenes.device
        picked = scenes[torch.randint(len(scenes), (num, )).to(device)]
        mirrored = (torch.rand(num, 1, 1, 1) < 0.5).to(device)
        picked = torch.where(mirrored, picked.flip(-1), picked)
        return (picked * uniform((num, 1, 1, 1), 0.8, 1.2).to(device)
                + (6 * torch.randn(num, 3, 1, 1)).to(device))

    def _camera(self, picture: Tensor) -> Tensor:
        """Blur and noise."""
        num, device = len(picture), picture.device
        blurred = F.avg_pool2d(F.pad(picture, (1, 1, 1, 1), mode='replicate'), 3, 1)
        strength = (torch.rand(num, 1, 1, 1) * (torch.rand(num, 1, 1, 1) < 0.6)).to(device)
        picture = picture + strength * (blurred - picture)
        noise = (6 * torch.rand(num, 1, 1, 1)).to(device)
        return (picture + noise * torch.randn_like(picture)).clamp(0, 255)
