"""Settings of the screen, as in `.streamlit/config.toml`. The colours of charts are in `charts/palette.py`."""

from __future__ import annotations

from typing import Any

from dashboard.charts.palette import DARK, LIGHT

__all__ = ["SETTINGS"]

# Of one dark primary colour either white on it or itself on black reaches 4.5:1, not both. Buttons and tags put white
# on it; segmented controls and pills would use it as text, so choices are radio buttons.
#
# What `.streamlit/config.toml` says, for the command, which may be started from any folder.
SETTINGS: dict[str, Any] = {
    "browser.gatherUsageStats": False,
    "server.headless": True,
    "server.maxUploadSize": 300,
    "server.showEmailPrompt": False,
    "server.fileWatcherType": "none",
    "client.toolbarMode": "viewer",
    "client.showErrorDetails": "type",
    "client.showErrorLinks": False,
    "logger.hideWelcomeMessage": True,
    "runner.postScriptGC": False,  # it takes longer than most pages: `turns` does it now and then
    "theme.baseRadius": "0.4rem",
    "theme.light.primaryColor": "#0b5fa5",
    "theme.light.backgroundColor": LIGHT.page,
    "theme.light.textColor": LIGHT.ink,
    "theme.light.chartCategoricalColors": list(LIGHT.systems),
    "theme.dark.primaryColor": "#2a78c0",
    "theme.dark.backgroundColor": DARK.page,
    "theme.dark.secondaryBackgroundColor": "#1b202b",
    "theme.dark.textColor": DARK.ink,
    "theme.dark.chartCategoricalColors": list(DARK.systems),
}
