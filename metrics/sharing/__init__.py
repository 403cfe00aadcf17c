"""Sharing what a file shows without its rows: chosen margins, small ones hidden, that can still be asked."""
