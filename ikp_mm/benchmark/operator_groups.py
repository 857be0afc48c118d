"""What kind of work a PyTorch operator does."""
from __future__ import annotations

# The first group that has a word in the operator's name takes it.
GROUPS = (
    ('convolutions, backward', ('convolution_backward', 'conv2d_backward', 'conv_backward')),
    ('convolutions, forward', ('conv', )),
    ('batch and instance norm', ('batch_norm', 'instance_norm')),
    ('upsampling', ('upsample', 'interpolate')),
    ('pooling', ('pool', )),
    ('matrix products', ('::mm', '::bmm', 'addmm', 'baddbmm', 'matmul', 'linear', 'einsum')),
    ('optimizer arithmetic', ('_foreach_', '_fused_adam')),
    ('copies and layout', ('copy', 'clone', 'contiguous', '::cat', '::stack', '::pad', '_pad',
                           'flip', 'roll', '::repeat', 'reflection')),
    ('indexing', ('index', 'gather', 'scatter', 'grid_sampl', 'embedding')),
    ('memory', ('empty', '::zero', 'fill_', '::ones', '::full', 'resize', 'set_')),
    ('activations', ('relu', 'threshold', 'tanh', 'sigmoid', 'softmax', 'gelu', 'elu')),
    ('reductions', ('sum', 'mean', 'norm', 'var', 'amin', 'amax', '::min', '::max', 'argmin',
                    'argmax', 'prod', '::all', '::any', 'mse_loss', 'linalg')),
    ('views', ('view', 'reshape', 'expand', 'slice', 'select', 'unsqueeze', 'squeeze', 'permute',
               'transpose', 'as_strided', 'detach', 'unbind', 'split', 'alias', '::t')),
)
ELEMENTWISE = 'elementwise and other'


def group_of(operator: str) -> str:
    """The group of an operator by its name, such as ``aten::mul`` (:data:`ELEMENTWISE`)."""
    for group, words in GROUPS:
        if any(word in operator for word in words):
            return group
    return ELEMENTWISE
