"""More than two sets with dates: versions of a model, months of use; every slice and every gap over time."""
