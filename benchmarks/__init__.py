"""One script per promise of speed or accuracy."""
