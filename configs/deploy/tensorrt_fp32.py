# Never run: no machine with TensorRT was at hand. For 64 px models; a model of another size needs
# its own shapes here.
_base_ = ['base_static.py']
shape = [1, 3, 64, 64]
backend_config = dict(
    type='tensorrt',
    common_config=dict(fp16_mode=False, max_workspace_size=1 << 30),
    model_inputs=[
        dict(input_shapes=dict(
            input=dict(min_shape=shape, opt_shape=shape, max_shape=shape)))
    ])
