# ONNX Runtime, any number of images at a time.
_base_ = ['onnxruntime_static.py']
onnx_config = dict(dynamic_axes=dict(input={0: 'batch'}, output={0: 'batch'}))
