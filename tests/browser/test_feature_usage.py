"""What only a browser can show of feature usage and the editor of slices: fit, contrast, and counting while typing."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("panel", ["Teams and features", "What groups admit", "Over time"])
def test_axe_finds_no_fault_in_a_bounty(usage_screen, theme, panel):
    if theme == "dark":
        usage_screen.use_dark()
    usage_screen.open(f"feature-usage?bounty=sample&feature_usage_panel={panel.replace(' ', '%20')}")
    usage_screen.page.wait_for_timeout(1000)

    usage_screen.shoot(f"feature-usage-{panel}-{theme}")
    assert usage_screen.find_faults() == []
