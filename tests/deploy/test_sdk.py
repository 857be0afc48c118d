"""MMDeploy's SDK: what it asks for."""
import importlib.util
import sys

import pytest

from ikp_mm.deploy.export import choose_crops, load_detector
from ikp_mm.deploy.sdk import SDKDetector, compare_sdk


def test_a_folder_without_the_sdks_files_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match='has no deploy.json: tools/export.py --sdk'):
        SDKDetector(tmp_path)


def test_without_the_sdk_the_error_says_what_to_install(tmp_path, monkeypatch):
    for name in ('deploy.json', 'pipeline.json'):
        (tmp_path / name).write_text('{}')
    monkeypatch.setitem(sys.modules, 'mmdeploy_runtime', None)
    with pytest.raises(ImportError, match='pip install mmdeploy-runtime==1.3.1'):
        SDKDetector(tmp_path)


@pytest.mark.skipif(importlib.util.find_spec('mmdeploy_runtime') is None,
                    reason='mmdeploy-runtime is not installed (make extras)')
def test_only_a_box_of_the_networks_size_is_read_alike(mmdeploy_folder):
    detector = load_detector(mmdeploy_folder / 'people.pth')
    same, larger = compare_sdk(mmdeploy_folder, detector, choose_crops(detector, number=2),
                               factors=(1.0, 2.0))
    assert same.startswith('SDK, box of 16 px: 0.0000 %') and '; error ' in same
    assert larger.startswith('SDK, box of 32 px: ') and ' 0.0000 %' not in larger
