"""One export by MMDeploy for all tests: its rewriting takes seconds."""
import importlib.util

import pytest

from ikp_mm.deploy.mmdeploy_export import export_mmdeploy, export_sdk
from ikp_mm.deploy.onnx_file import describe, write_description
from tiny_export import deploy_config, people_detector


@pytest.fixture(scope='session')
def mmdeploy_folder(tmp_path_factory):
    """A folder with ``people.pth`` and MMDeploy's static export of it, with the SDK's files."""
    for package in ('onnx', 'onnxruntime', 'mmdeploy'):
        if importlib.util.find_spec(package) is None:
            pytest.skip(f'{package} is not installed (make extras)')
    folder = tmp_path_factory.mktemp('mmdeploy')
    detector, config = people_detector(folder), deploy_config('onnxruntime_static')
    export_mmdeploy(detector, folder / 'end2end.onnx', config)
    write_description(folder / 'end2end.onnx', describe(detector))
    export_sdk(detector, folder, config, folder / 'people.pth')
    return folder
