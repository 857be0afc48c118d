from .figure_drawer import FigureDrawer, build_drawer

__all__ = ['FigureDrawer', 'build_drawer']
