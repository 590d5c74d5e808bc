"""Where the rows of a task come from: files, packages, and makers with exact answers."""
