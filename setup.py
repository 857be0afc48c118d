"""Packaging. In an existing OpenMMLab environment: ``pip install -e .``.

Ranges, not pins; the set-up that ``make`` installs is in ``requirements/pinned*.txt``. mmcv or
mmcv-lite, mmdet and torchvision are part of such an environment and not asked for: which build of
them fits is the environment's choice. OpenCV comes with MMEngine.
"""
import re
from pathlib import Path

from setuptools import find_packages, setup

HERE = Path(__file__).parent
VERSION = re.search(r"__version__ = '(.+)'", (HERE / 'ikp_mm/version.py').read_text()).group(1)

setup(
    name='ikp_mm',
    version=VERSION,
    description='Interpretable keypoints without labels, for MMPose (KeypointGAN, CVPR 2020)',
    long_description=(HERE / 'README.md').read_text(encoding='utf-8'),
    long_description_content_type='text/markdown',
    license='Apache-2.0',
    python_requires='>=3.10',
    packages=find_packages(include=['ikp_mm', 'ikp_mm.*']),
    install_requires=[
        'torch>=2.4,<2.14',
        'mmengine>=0.10.3,<0.11',
        'mmpose>=1.3,<1.4',
        'numpy>=1.26',
        'scipy',
        'matplotlib',
        'pillow',
        'av>=18',
    ],
    extras_require=dict(
        packed=['lmdb'],
        deeplabcut=['pandas', 'tables', 'h5py'],
        sleap=['h5py'],
        export=['onnx>=1.16', 'onnxruntime>=1.18'],
        tests=['pytest', 'pytest-xdist', 'lmdb', 'pandas', 'tables', 'h5py', 'onnx>=1.16',
               'onnxruntime>=1.18']),
)
