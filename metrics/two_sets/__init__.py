"""The last mile: a customer's own test set against the reference, slice by slice, and what is covered by which."""
