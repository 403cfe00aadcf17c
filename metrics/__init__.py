"""Fairness metrics of what a model did: slices, intervals, disparities. Knows no screen."""

from __future__ import annotations
