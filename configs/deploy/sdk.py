# For MMDeploy's own tools/test.py on an exported folder: images are read here, the SDK does the
# rest. MMDeploy 1.3.1 reads ext_info and never sets it. Its wrapper hands the SDK boxes with
# exclusive ends where the SDK counts the last pixel in: results are off by about one pixel of the
# box. ikp_mm.deploy.sdk asks the SDK rightly.
_base_ = ['base_static.py']
codebase_config = dict(model_type='sdk')
backend_config = dict(
    type='sdk',
    pipeline=[
        dict(type='LoadImage'),
        dict(type='PackPoseInputs',
             meta_keys=('id', 'img_id', 'img_path', 'ori_shape', 'img_shape', 'flip_indices'))
    ])
ext_info = dict()
