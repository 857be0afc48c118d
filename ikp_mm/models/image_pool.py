"""Pool of past skeleton images for the discriminator.

Source: Shrivastava et al., CVPR 2017, section 2.3, as in CycleGAN and the released KeypointGAN:
with probability one half D sees an image drawn from the past instead of the new one.
"""
from __future__ import annotations

import torch
from torch import Tensor


class ImagePool:
    """History of fakes. A plain object: its state is gathered by a hook before a checkpoint.

    Args:
        size (int): number of images kept (reference: 50); 0 switches the pool off.

    Raises:
        ValueError: negative size.
    """

    def __init__(self, size: int = 50) -> None:
        if size < 0:
            raise ValueError(f'pool size must not be negative, got {size}')
        self.size = size
        self.images: list[Tensor] = []

    def query(self, images: Tensor) -> Tensor:
        """Store ``images`` and return as many, half of them from the past once the pool is full.

        Draws from torch's global CPU generator, which the training loop seeds every iteration.

        Args:
            images (Tensor): (N, ...), detached.

        Returns:
            Tensor: (N, ...).
        """
        if self.size == 0:
            return images
        answers = []
        for image in images:
            if len(self.images) < self.size:
                self.images.append(image.clone())
                answers.append(image)
            elif torch.rand(()) < 0.5:
                slot = int(torch.randint(self.size, ()))
                answers.append(self.images[slot])
                self.images[slot] = image.clone()
            else:
                answers.append(image)
        return torch.stack(answers)

    def state_dict(self) -> dict[str, Tensor]:
        """``images``: (M, ...) on the CPU, M <= size; absent while the pool is empty."""
        return {'images': torch.stack(self.images).cpu()} if self.images else {}

    def load_state_dict(self, state: dict[str, Tensor], device=None) -> None:
        """Restore what :meth:`state_dict` gave.

        Raises:
            ValueError: the state holds more images than this pool.
        """
        images = state.get('images', torch.empty(0))
        if len(images) > self.size:
            raise ValueError(f'the saved pool holds {len(images)} images, this one {self.size}: '
                             'resume with the same pool size')
        self.images = [image.to(device) for image in images]
