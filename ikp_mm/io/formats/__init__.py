"""One kind of file a module: what stands in it, checked, and errors that name the file."""
