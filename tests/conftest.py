"""Shared by all tests: the package imported first, MMPose's registry scope, one thread."""
import ikp_mm  # noqa: F401  before any mmpose module that imports mmcv's compiled ops

import pytest
import torch
from mmengine.logging import MMLogger
from mmengine.registry import init_default_scope

torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def mmpose_scope():
    """Registries look names up in MMPose, as they do under its Runner."""
    init_default_scope('mmpose')


@pytest.fixture(autouse=True)
def seeded():
    torch.manual_seed(0)


@pytest.fixture
def warned(monkeypatch):
    """What is logged as a warning, one string each."""
    lines = []
    monkeypatch.setattr(MMLogger.get_current_instance(), 'warning', lines.append)
    return lines
