# What all exports share. MMDeploy's wheel carries no configuration, so nothing here is inherited.
# The size of the input comes from the model's configuration (codec.input_size).
onnx_config = dict(
    type='onnx', export_params=True, keep_initializers_as_inputs=False, opset_version=13,
    save_file='end2end.onnx', input_names=['input'], output_names=['output'], input_shape=None,
    optimize=False)
codebase_config = dict(
    type='mmpose', task='PoseDetection', module=['ikp_mm.deploy.mmdeploy_support'])
