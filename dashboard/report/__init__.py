"""Reports: a `metrics.document.Document` as one HTML file, as Markdown, as PDF."""
