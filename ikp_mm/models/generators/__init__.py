from .conditional_image_generator import ConditionalImageGenerator
from .descriptor_image_decoder import DescriptorImageDecoder

__all__ = ['ConditionalImageGenerator', 'DescriptorImageDecoder']
