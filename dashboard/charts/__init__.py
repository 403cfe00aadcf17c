"""Pictures: pure functions from tidy tables to Plotly figures. Nothing here knows of Streamlit.

Each `draw_...` has a `describe_...` beside it, which says in words what the picture shows (its text alternative),
and a `table_...`, which gives the same numbers as a table of texts.
"""
