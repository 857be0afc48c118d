from .multi_scale_patch import MultiScalePatchDiscriminator

__all__ = ['MultiScalePatchDiscriminator']
