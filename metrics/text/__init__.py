"""What can be said of text without knowing a table: edits, alignments, normalisers, word lists and scripts."""
