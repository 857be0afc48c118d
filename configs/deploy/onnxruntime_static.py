# ONNX Runtime, one image at a time; also what the SDK takes (tools/export.py --sdk).
_base_ = ['base_static.py']
backend_config = dict(type='onnxruntime')
