from .conditional_image_generator import ConditionalImageGenerator

__all__ = ['ConditionalImageGenerator']
