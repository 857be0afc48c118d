from .figure_drawer import FigureDrawer

__all__ = ['FigureDrawer']
